"""Who may do what: the one table that the API, the pages' event handlers, the worker and the jobs ask."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in an account."""

    OWNER = "owner"
    ADMIN = "admin"
    BUILDER = "builder"
    OPERATOR = "operator"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What one may do in an account. SELF is what everybody may who is logged in: look after their own login.

    API_TOKENS: create tokens for programs, and revoke one's own.
    """

    SELF = "self"
    CALLS_READ = "calls.read"
    CALLS_DELETE = "calls.delete"
    CAMPAIGNS_READ = "campaigns.read"
    CAMPAIGNS_WRITE = "campaigns.write"
    WORKSPACE = "workspace"
    API_TOKENS = "api_tokens"
    MEMBERS_READ = "members.read"
    MEMBERS_MANAGE = "members.manage"
    ACCOUNT_MANAGE = "account.manage"
    AUDIT_READ = "audit.read"
    DATA_EXPORT = "data.export"
    DATA_ERASE = "data.erase"
    HEALTH_READ = "health.read"
    OWNERSHIP = "ownership"


_LOOKING = {Permission.SELF, Permission.CALLS_READ, Permission.CAMPAIGNS_READ}
_BUILDING = _LOOKING | {Permission.CAMPAIGNS_WRITE}
_MANAGING = set(Permission) - {Permission.OWNERSHIP}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(_MANAGING),
    Role.BUILDER: frozenset(_BUILDING),
    Role.OPERATOR: frozenset({Permission.SELF, Permission.WORKSPACE}),
    Role.DEVELOPER: frozenset(_LOOKING | {Permission.API_TOKENS}),
    Role.VIEWER: frozenset(_LOOKING),
}

DESCRIPTIONS: dict[Role, str] = {
    Role.OWNER: "Everything, and the account itself: ownership and deletion",
    Role.ADMIN: "Everything but ownership: members, settings, data, campaigns",
    Role.BUILDER: "Campaigns, flows and knowledge; reads calls",
    Role.OPERATOR: "The workspace: takes over calls, and sees nothing else",
    Role.DEVELOPER: "API tokens; reads calls and campaigns",
    Role.VIEWER: "Reads calls and campaigns",
}

# What no API token may do, whatever its role: change how a person logs in, or manage API tokens.
BROWSER_ONLY = frozenset({Permission.SELF, Permission.API_TOKENS})
# The roles that an API token can have. The others differ from these only in what takes a browser.
TOKEN_ROLES = (Role.VIEWER, Role.BUILDER, Role.ADMIN)


def allows(role: str, permission: Permission) -> bool:
    """Whether the role may do it. An unknown role may do nothing."""
    return role in PERMISSIONS and permission in PERMISSIONS[Role(role)]


def may_grant(role: str, granted: Role) -> bool:
    """Whether somebody of this role may give the other one, or take it: the owner's is handed over only."""
    return allows(role, Permission.MEMBERS_MANAGE) and granted is not Role.OWNER


def token_roles(role: str) -> tuple[Role, ...]:
    """The roles that somebody of this role can give an API token: never more than their own."""
    own = PERMISSIONS[Role(role)]
    if Permission.API_TOKENS not in own:
        return ()
    return tuple(token for token in TOKEN_ROLES if own >= PERMISSIONS[token])
