"""Roles and permissions. The API, the web app, the worker and the jobs all check this one table."""

from enum import StrEnum


class Role(StrEnum):
    """A member's role in an account."""

    OWNER = "owner"
    ADMIN = "admin"
    BUILDER = "builder"
    OPERATOR = "operator"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a role allows."""

    SELF = "self"
    """Manage one's own login. Everybody who is logged in may."""
    CALLS_READ = "calls.read"
    CALLS_VALUES = "calls.values"
    """See what calls collected."""
    CALLS_DELETE = "calls.delete"
    CAMPAIGNS_READ = "campaigns.read"
    CAMPAIGNS_WRITE = "campaigns.write"
    KNOWLEDGE_READ = "knowledge.read"
    KNOWLEDGE_WRITE = "knowledge.write"
    WORKSPACE = "workspace"
    API_TOKENS = "api_tokens"
    """Create API tokens and revoke one's own."""
    MEMBERS_READ = "members.read"
    MEMBERS_MANAGE = "members.manage"
    ACCOUNT_MANAGE = "account.manage"
    AUDIT_READ = "audit.read"
    DATA_EXPORT = "data.export"
    DATA_ERASE = "data.erase"
    HEALTH_READ = "health.read"
    OWNERSHIP = "ownership"


_READ = {Permission.SELF, Permission.CALLS_READ, Permission.CAMPAIGNS_READ, Permission.KNOWLEDGE_READ}
_BUILD = _READ | {Permission.CAMPAIGNS_WRITE, Permission.KNOWLEDGE_WRITE, Permission.CALLS_VALUES}
_MANAGE = set(Permission) - {Permission.OWNERSHIP}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(_MANAGE),
    Role.BUILDER: frozenset(_BUILD),
    Role.OPERATOR: frozenset({Permission.SELF, Permission.WORKSPACE}),
    Role.DEVELOPER: frozenset(_READ | {Permission.API_TOKENS}),
    Role.VIEWER: frozenset(_READ),
}

DESCRIPTIONS: dict[Role, str] = {
    Role.OWNER: "Full access, including ownership and deleting the account",
    Role.ADMIN: "Full access except ownership: members, settings, data, campaigns and knowledge",
    Role.BUILDER: "Edits campaigns, flows and knowledge, views calls and what they collected",
    Role.OPERATOR: "Manages their own login, with no other access",
    Role.DEVELOPER: "Creates API tokens, views calls, campaigns and knowledge. Collected values are masked",
    Role.VIEWER: "Views calls, campaigns and knowledge. Collected values are masked",
}

# No API token may change how a person logs in or manage API tokens, whatever its role.
BROWSER_ONLY = frozenset({Permission.SELF, Permission.API_TOKENS})
# Roles an API token can have. The other roles differ from these only in what requires a browser.
TOKEN_ROLES = (Role.VIEWER, Role.BUILDER, Role.ADMIN)


def allows(role: str, permission: Permission) -> bool:
    """Whether the role has the permission. An unknown role has none."""
    return role in PERMISSIONS and permission in PERMISSIONS[Role(role)]


def roles_with(permission: Permission) -> tuple[Role, ...]:
    """The roles that have the permission."""
    return tuple(role for role, permissions in PERMISSIONS.items() if permission in permissions)


def may_grant(role: str, granted: Role) -> bool:
    """Whether a member with this role may grant or revoke the other one. Ownership can only be transferred."""
    return allows(role, Permission.MEMBERS_MANAGE) and granted is not Role.OWNER


def token_roles(role: str) -> tuple[Role, ...]:
    """Roles that a member with this role can give an API token. Never more than their own permissions."""
    own_permissions = PERMISSIONS[Role(role)]
    if Permission.API_TOKENS not in own_permissions:
        return ()
    return tuple(token for token in TOKEN_ROLES if own_permissions >= PERMISSIONS[token])
