"""Search of the dashboard, over what the role may see."""

from typing import Annotated

from fastapi import APIRouter, Query

from quantum_app.api import rate_limits
from quantum_app.api.endpoint import Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.schemas.search import CallMatch, CampaignMatch, SearchResults
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallFilters
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity

_MOST = 5  # of each kind

router = APIRouter(prefix="/api/search", route_class=Endpoint, tags=["Search"])

CampaignReader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]
CallReader = Annotated[Identity, allowed(Permission.CALLS_READ)]


@router.get("", summary="Search campaigns and calls")
async def search(
    identity: CampaignReader,
    _: CallReader,
    text: Annotated[str, Query(max_length=100, description="Empty for the newest of each kind.")] = "",
) -> SearchResults:
    """Returns campaigns by name, and calls by caller and by what was said or, if you may see it, collected."""
    await rate_limits.count(rate_limits.SEARCHES_BY_PERSON, "search", str(identity.user_id))
    async with account_session(identity.account_id) as session:
        campaign_page = await campaigns.list_campaigns(session, name=text.strip(), limit=_MOST)
        call_page = await calls.list_calls(
            session, CallFilters(text=text), limit=_MOST, see_values=identity.may(Permission.CALLS_VALUES)
        )
    return SearchResults(
        campaigns=[CampaignMatch(id=item.campaign_id, name=item.name) for item in campaign_page.campaigns],
        calls=[
            CallMatch(
                id=item.call_id,
                caller=item.name or item.caller_email,
                campaign=item.campaign_name,
                at=item.answered_at or item.created_at,
            )
            for item in call_page.calls
        ],
    )
