// A filter as a link beside a search form: it keeps what is typed there, searched for or not.
import type { ComponentProps, MouseEvent } from "react";
import { Link, useNavigate } from "react-router";
import { withValues } from "./search.ts";

export function FilterLink({ to, ...props }: ComponentProps<typeof Link> & { to: string }) {
  const navigate = useNavigate();
  const onClick = (event: MouseEvent) => {
    const form = document.querySelector<HTMLFormElement>("form.ui-search");
    if (!form || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const names = [...form.elements].map((control) => control.getAttribute("name") ?? "");
    void navigate(withValues(to, names, new FormData(form)));
  };
  return <Link {...props} to={to} onClick={onClick} />;
}
