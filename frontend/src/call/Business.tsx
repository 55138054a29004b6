// Who is called: a name, which anybody can choose, and what is known of whoever chose it.
import { BadgeCheck } from "lucide-react";
import type { PublicCampaign } from "../api/schema.ts";

type Called = Pick<PublicCampaign, "account_name" | "verified_domain">;

export function Business({ campaign }: { campaign: Called }) {
  return (
    <>
      <span className="ui-logo" aria-hidden="true">
        {campaign.account_name[0]}
      </span>
      <div className="ui-grow call-business">
        <b className="ui-clip">{campaign.account_name}</b>
        <Verified campaign={campaign} />
      </div>
    </>
  );
}

export function Verified({ campaign }: { campaign: Called }) {
  const domain = campaign.verified_domain;
  return (
    <span
      className={`call-verified ${domain ? "" : "not"}`}
      title={domain ? `The owner has a confirmed email address at ${domain}.` : "We haven't verified this business."}
    >
      {domain && <BadgeCheck size={14} aria-label="Verified" />}
      <span className="ui-clip">{domain || "Not verified"}</span>
    </span>
  );
}
