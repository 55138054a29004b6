// The link that confirms a new email address.
import { MailCheck } from "lucide-react";
import { request } from "../api/client.ts";
import { AuthLayout, Working } from "./AuthLayout.tsx";
import { isOver, LinkFailed, LinkOver, useLink } from "./Link.tsx";
import { forgetFragment } from "./token.ts";

async function confirm(token: string) {
  await request("POST", "/api/auth/confirm-email", { body: { token } });
  forgetFragment();
  return true;
}

export function ConfirmEmail() {
  const { answer, problem, retry } = useLink(confirm);
  if (isOver(problem)) {
    return (
      <LinkOver text="Links work once and expire after 24 hours. You can request a new one under Security.">
        <a className="ui-button solid mid wide" href="/settings/security">
          Go to Security
        </a>
      </LinkOver>
    );
  }
  if (problem) return <LinkFailed problem={problem} retry={retry} />;
  if (!answer) return <Working title="Confirming your email" />;
  return (
    <AuthLayout
      title="Email address changed"
      icon={<MailCheck size={24} />}
      text="Log in with your new address from now on. We've notified the old one."
    >
      <div className="ui-fields">
        <a className="ui-button solid mid wide" href="/settings/security">
          Continue
        </a>
      </div>
    </AuthLayout>
  );
}
