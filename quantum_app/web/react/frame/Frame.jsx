// The app frame. Only rooms that exist are in it.
import { useContext, useEffect, useState } from "react";
import { Link } from "react-router";
import { LogOut, Menu, Moon, Phone, Sun, X } from "lucide-react";
import { ColorModeContext } from "$/utils/context";
import { Mark } from "./Mark.jsx";

const ROOMS = [{ key: "calls", name: "Calls", path: "/calls", icon: Phone }];

const initials = (name) => name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();

async function logOut() {
  await fetch("/api/auth/logout", { method: "POST" }).catch(() => {});
  window.location.assign("/login");
}

export function Frame({ account, person, email, section, children }) {
  const [open, setOpen] = useState(false);
  const { resolvedColorMode, setColorMode } = useContext(ColorModeContext);
  const dark = resolvedColorMode === "dark";
  useEffect(() => {
    if (!open) return undefined;
    const close = (event) => event.key === "Escape" && setOpen(false);
    window.addEventListener("keydown", close);
    return () => window.removeEventListener("keydown", close);
  }, [open]);
  return (
    <div className={`qv qv-app ${open ? "open" : ""}`}>
      <a className="qv-skip" href="#content">Skip to the content</a>
      <header className="qv-topbar">
        <button type="button" className="qv-btn ghost icon mid" aria-label="Open the navigation" aria-expanded={open} onClick={() => setOpen(true)}><Menu size={20} /></button>
        <Mark />
        <b>Quantum Voice</b>
      </header>
      <div className="qv-scrim" onClick={() => setOpen(false)} />
      <nav className="qv-nav" aria-label="Main">
        <Link className="qv-brand" to="/calls" aria-label="Quantum Voice"><Mark /><span className="tx">Quantum Voice</span></Link>
        <button type="button" className="qv-btn ghost icon qv-close" aria-label="Close the navigation" onClick={() => setOpen(false)}><X size={20} /></button>
        {account && <div className="qv-acct"><span className="qv-logo small" aria-hidden="true">{account[0]}</span><span className="qv-clip">{account}</span></div>}
        {ROOMS.map(({ key, name, path, icon: Icon }) => (
          <Link key={key} to={path} className={`qv-nav-a ${section === key ? "on" : ""}`} aria-current={section === key ? "page" : undefined} aria-label={name} title={name} onClick={() => setOpen(false)}>
            <Icon size={16} /><span className="tx">{name}</span>
          </Link>
        ))}
        <div className="qv-nav-foot">
          <button type="button" className="qv-nav-a" aria-label={dark ? "Light colours" : "Dark colours"} title={dark ? "Light colours" : "Dark colours"} onClick={() => setColorMode(dark ? "light" : "dark")}>
            {dark ? <Sun size={16} /> : <Moon size={16} />}<span className="tx">{dark ? "Light" : "Dark"}</span>
          </button>
          <button type="button" className="qv-nav-a" aria-label="Log out" title="Log out" onClick={logOut}><LogOut size={16} /><span className="tx">Log out</span></button>
          {person && (
            <div className="qv-person" title={email}>
              <span className="qv-ava" aria-hidden="true">{initials(person)}</span>
              <span className="qv-col tx"><span className="qv-clip">{person}</span><span className="qv-note qv-clip">{email}</span></span>
            </div>
          )}
        </div>
      </nav>
      <main className="qv-page" id="content">{children}</main>
    </div>
  );
}
