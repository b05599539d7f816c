"""Who did what, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credserv.ground.json_types import JsonObject


class Action(StrEnum):
    """What the audit trail records. Values are stored in every line, so do not change them."""

    ACCREDITATION_GRANTED = "accreditation.granted"
    ACCREDITATION_REFUSED = "accreditation.refused"
    ACCREDITATION_RENEWED = "accreditation.renewed"
    ACCREDITATION_RESTORED = "accreditation.restored"
    ACCREDITATION_REVIEWED = "accreditation.reviewed"
    ACCREDITATION_REVOKED = "accreditation.revoked"
    ACCREDITATION_SUSPENDED = "accreditation.suspended"
    ACHIEVEMENT_DEFINE = "achievement.define"
    ACHIEVEMENT_TRANSLATED = "achievement.translated"
    ACCREDITATION_TO_REVIEW = "accreditation.to-review"
    ADDRESS_CHANGED = "address-changed"
    APPLICATION_ENDED = "application.ended"
    APPLICATION_EVIDENCE = "application.evidence"
    APPLICATION_MADE = "application.made"
    ANCHOR_ADDED = "anchor-added"
    ANCHOR_REMOVED = "anchor-removed"
    APPEAL_DECIDED = "appeal.decided"
    APPEAL_OPENED = "appeal.opened"
    AUDIT_COMMITTED = "audit.committed"
    AUDIT_FOUND = "audit.found"  # by an auditor, about a drawn accreditation
    AUDIT_FROZEN = "audit.frozen"
    AUDIT_REVEALED = "audit.revealed"
    API_KEY_CREATED = "api-key-created"
    API_KEY_ENDED = "api-key-ended"
    APP_ALLOWED = "app-allowed"
    APP_ENDED = "app-ended"
    AWARDS_ALLOWED = "awards.allowed"
    AWARDS_DECLINED = "awards.declined"  # by their recipient
    BULK_BEGUN = "bulk-begun"
    BULK_CHECKED = "bulk-checked"
    BULK_DONE = "bulk-done"
    BULK_STATE = "bulk-state"
    CLAIM_LINK_CREATED = "claim-link-created"
    COHORT_BEGUN = "cohort.begun"
    COLLEAGUE_ACCOUNT_ADDED = "colleague.account-added"
    COLLEAGUE_ACCOUNT_ENDED = "colleague.account-ended"
    COLLEAGUE_INVITED = "colleague.invited"
    COLLEAGUE_LINK_CREATED = "colleague.link-created"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONTEXT_PINNED = "context-pinned"
    CONTEXT_REMOVED = "context-removed"
    COLLEAGUE_ROLES_CHANGED = "colleague.roles-changed"
    COLLEAGUE_SIGNED_OUT = "colleague.signed-out"  # by another colleague
    COPY_ENDED = "copy.ended"
    COPY_SIGN = "copy.sign"
    CREDENTIAL_HANDED_IN = "credential.handed-in"  # another issuer's, by its holder
    CREDENTIAL_TAKEN_BACK = "credential.taken-back"  # by whoever handed it in
    CREDENTIAL_CLAIMED = "credential.claimed"
    PATHWAY_BEGUN = "pathway.begun"
    PATHWAY_PROPOSED = "pathway.proposed"
    CREDENTIAL_REISSUED = "credential.reissued"  # another one replaced it
    CREDENTIAL_SIGN = "credential.sign"
    CREDENTIAL_STATE = "credential.state"
    CREDENTIAL_UNDELIVERABLE = "credential.undeliverable"
    DIRECTORY_GROUP = "directory.group"  # reported by the organisation's directory
    DIRECTORY_USER = "directory.user"
    DOCUMENT_SIGN = "document.sign"
    EMPLOYMENT_ASKED = "employment.asked"  # by the member, for a confirmation
    EMPLOYMENT_DECLINED = "employment.declined"
    ENDORSEMENT_SIGN = "endorsement.sign"  # with its endorser's own key
    ENDORSEMENT_TAKEN = "endorsement.taken"  # signed elsewhere
    ENTITLEMENT_SIGN = "entitlement.sign"
    CROSSWALK_CHANGED = "crosswalk-changed"
    FRAMEWORK_IMPORTED = "framework-imported"
    FRAMEWORK_REMOVED = "framework-removed"
    FOUNDER_APPOINTED = "founder.appointed"
    FEEDBACK_ASKED = "feedback.asked"
    GRANT_ENDED = "grant.ended"
    GRANT_GIVEN = "grant.given"
    IDENTITY_ADDED = "identity.added"
    IDENTITY_CHANGED = "identity.changed"
    IDENTITY_FROZEN = "identity.frozen"
    IDENTITY_REMOVED = "identity.removed"
    INSTALLATION_RESTORED = "installation.restored"
    DID_CHANGED = "did-changed"
    DID_CREATED = "did-created"
    KEY_ACTIVATED = "key-activated"
    KEY_CEREMONY_BEGUN = "key-ceremony.begun"
    KEY_CEREMONY_ENDED = "key-ceremony.ended"  # without a witness: the key was withdrawn
    KEY_CEREMONY_WITNESSED = "key-ceremony.witnessed"  # by somebody other than whoever began it
    KEY_CREATED = "key-created"
    KEY_RETIRED = "key-retired"
    KEY_REVOKED = "key-revoked"
    SANDBOX_RESET = "sandbox.reset"
    SIGNING_STOPPED = "signing-stopped"
    SIGNING_RESUMED = "signing-resumed"
    LISTS_MERGED = "lists-merged"
    LETTER_WORDS_CHANGED = "letter.words-changed"
    LETTER_WORDS_REMOVED = "letter.words-removed"
    LETTERS_QUEUED = "letters-queued"
    LOGIN_ENDED = "login.ended"
    LOGIN_SET = "login.set"
    MESSAGES_REPLAYED = "messages.replayed"  # those of another organisation, in a sandbox
    MEMBER_ADDRESS_ENDED = "member.address-ended"
    MEMBER_CHANGED = "member.changed"
    MEMBER_DID_RETIRED = "member.did-retired"
    MEMBER_DID_SET = "member.did-set"
    MEMBER_NAMED = "member.named"
    OBJECTION_DECIDED = "objection.decided"
    OBJECTION_MADE = "objection.made"
    OBSERVATION_RECORDED = "observation.recorded"
    OBSERVATION_RELEASED = "observation.released"
    OBSERVATION_TAKEN_BACK = "observation.taken-back"
    OFFER_MADE = "offer.made"
    ORGANISATION_ADDRESS = "organisation-address"
    ORGANISATION_BRAND = "organisation-brand"
    ORGANISATION_CALENDAR = "organisation-calendar"
    ORGANISATION_CLOSED = "organisation-closed"
    ORGANISATION_CREATED = "organisation-created"
    ORGANISATION_IMPORTED = "organisation-imported"
    ORGANISATION_MOVED = "organisation-moved"
    ORGANISATION_RENAMED = "organisation-renamed"
    ORGANISATION_REOPENED = "organisation-reopened"
    OUTCOME_FACTS = "outcome.facts"
    OUTCOME_METRIC = "outcome.metric"
    OUTCOME_QUARTER = "outcome.quarter"
    OWNER_MADE = "owner.made"
    PAGE_HIDDEN = "page-hidden"
    PAGE_SHOWN = "page-shown"
    PERSON_CLAIMED = "person.claimed"
    PERSON_MERGED = "person.merged"
    PERSON_PARTED = "person.parted"
    PERSON_ERASED = "person.erased"
    PERSON_TOLD = "person.told"  # by the operator: everything stored about them
    PRACTICE_LOGGED = "practice.logged"
    PROGRAMME_LOADED = "programme.loaded"
    PROGRAMME_RETIRED = "programme.retired"
    REGISTER_CHANGED = "register.changed"
    RULE_ENDED = "rule.ended"
    RULE_SET = "rule.set"
    ROLE_PROFILE_CHANGED = "role-profile-changed"
    ROLE_PROFILE_REMOVED = "role-profile-removed"
    SESSION_ENDED = "session-ended"
    SHARE_CREATED = "share-created"
    SHARE_ENDED = "share-ended"
    SIGNED_IN = "signed-in"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    SOURCE_CREATED = "source-created"
    SOURCE_MAPPING_CHANGED = "source-mapping-changed"
    SOURCE_OPTIONS_CHANGED = "source-options-changed"
    SOURCE_PAUSED = "source-paused"
    SOURCE_REGISTERED = "source-registered"  # a platform registered this service as its LTI tool
    SOURCE_RESUMED = "source-resumed"
    SOURCE_TOKEN_SET = "source-token-set"  # noqa: S105 - a word of the trail
    SOURCE_SECRET_ADDED = "source-secret-added"  # noqa: S105 - a word of the trail
    SOURCE_SECRETS_ENDED = "source-secrets-ended"
    STAFF_LOGIN_ENDED = "staff-login.ended"
    STAFF_LOGIN_SET = "staff-login.set"
    TABLE_SAVED = "table.saved"  # a whole list was exported from the console
    TRUSTED_ISSUER_ADDED = "trusted-issuer-added"
    TRUSTED_ISSUER_CHANGED = "trusted-issuer-changed"
    TRUSTED_ISSUER_REMOVED = "trusted-issuer-removed"
    TRUSTED_ISSUERS_IMPORTED = "trusted-issuers-imported"
    TRUSTED_LIST_CHANGED = "trusted-list-changed"
    TRUSTED_LIST_SUBSCRIBED = "trusted-list-subscribed"
    TRUSTED_LIST_UNSUBSCRIBED = "trusted-list-unsubscribed"
    WEBHOOK_ADDED = "webhook-added"
    WEBHOOK_ENDED = "webhook-ended"
    WEBHOOK_RESUMED = "webhook-resumed"
    WEBHOOK_SECRET_ADDED = "webhook-secret-added"  # noqa: S105 - a word of the trail
    WEBHOOK_SECRET_ENDED = "webhook-secret-ended"  # noqa: S105 - a word of the trail


@dataclass(frozen=True)
class AuditRecord:
    """A line of the append-only audit trail.

    Attributes:
        actor: `hook:<source>`, `api:<key>`, `console`, `worker`, ...
    """

    at: datetime
    actor: str
    action: Action
    subject: str
    detail: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class Seal:
    """A link of the chain over the trail.

    Attributes:
        position: 1, 2, ...
        sha256: Hex, over everything up to there.
    """

    position: int
    sha256: str


@dataclass(frozen=True)
class ChainFault:
    """Where the chain breaks.

    Attributes:
        position: Of the seal.
        line: The line's number.
        what: In words.
    """

    position: int
    line: int
    what: str
