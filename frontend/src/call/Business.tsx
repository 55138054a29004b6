// Who is called: a name, which anybody can choose, and what is known of whoever chose it.
import { BadgeCheck } from "lucide-react";
import type { PublicCampaign } from "../api/schema.ts";

type CalledBusiness = Pick<PublicCampaign, "account_name" | "verified_domain">;

export function Business({ campaign, test = false }: { campaign: CalledBusiness; test?: boolean }) {
  return (
    <>
      <span className="ui-logo" aria-hidden="true">
        {campaign.account_name[0]}
      </span>
      <div className="ui-grow call-business">
        <b className="ui-clip">{campaign.account_name}</b>
        <Verified campaign={campaign} />
      </div>
      {test && <TestMark />}
    </>
  );
}

export const TestMark = () => (
  <span className="ui-badge" title="This call counts as a test.">
    Test
  </span>
);

/** What "Not verified" means, and what to do about it. test: whether whoever calls runs the page. */
export function Unverified({ campaign, test }: { campaign: CalledBusiness; test: boolean }) {
  if (campaign.verified_domain) return null;
  return (
    <p className="ui-note call-unverified">
      <b>Not verified:</b> we haven&apos;t confirmed who runs this page, so share no passwords or card numbers.{" "}
      {test && (
        <>
          Is it yours? <a href="/settings">Show your domain</a> in the settings.
        </>
      )}
    </p>
  );
}

export function Verified({ campaign }: { campaign: CalledBusiness }) {
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
