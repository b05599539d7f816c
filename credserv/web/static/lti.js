// LTI Dynamic Registration 1.0, section 3.6.1: tells the platform that its window can be closed.
(window.opener || window.parent).postMessage({subject: "org.imsglobal.lti.close"}, "*");
