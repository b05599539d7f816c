"""What tests are made of: counterparts of the service, makers of data, and the real parts around them.

Counterparts, who play the others:
    lms.Lms                   a learning system that sends each event until it is taken
    https_host.Host           a host of the web, over TLS, that answers as told
    verifying.Hosts           all hosts of the web as one dictionary, where no socket is wanted
    mailserver.MailServer     a mail server, and its mailbox
    proofs.SigningIssuer      another issuer with its own key; tokens and cose have those of JOSE and COSE
    badges2                   an issuer of Open Badges 2.0 with its host
    browsing.Person           somebody at a browser
    vc_api                    a conformance suite

Makers:
    service.make_service      a whole service on a database; `service` and `sqlite_service` are fixtures of it
    proofs.badge, defects     a good credential, and one for everything that can be wrong with one
    documents.DocumentMaker   random documents over the carried contexts
    carriers                  PDFs, pictures and pages with a credential in them
    released                  the data of the released version

Real parts: databases (both kinds), processes (web and worker, to be killed), jobworker, issuing, writers,
node.
Speed: ready (installations made once and copied), warm (compiled pages kept).
"""
