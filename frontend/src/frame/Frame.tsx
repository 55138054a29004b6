// The app frame: the account, the rooms that the role allows, the person. Only rooms that exist are in it.
import { useContext, useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";
import {
  Check,
  ChevronsUpDown,
  Database,
  KeyRound,
  LogOut,
  Menu as MenuIcon,
  Moon,
  Phone,
  ScrollText,
  Send,
  Settings,
  ShieldCheck,
  Sun,
  Users,
  Workflow,
  X,
} from "lucide-react";
import { ColorModeContext } from "$/utils/context";
import { Problem, request } from "../api/client.ts";
import { Menu } from "../components/Menu.tsx";
import { Mark } from "../components/Mark.tsx";

// may: the permission that the room asks for. A deleted account has the rooms without one.
const ROOMS = [
  { key: "campaigns", name: "Campaigns", path: "/campaigns", icon: Workflow, may: "campaigns.read" },
  { key: "calls", name: "Calls", path: "/calls", icon: Phone, may: "calls.read" },
  { heading: "Account" },
  { key: "members", name: "Members", path: "/settings/members", icon: Users, may: "members.read" },
  { key: "audit", name: "Audit log", path: "/settings/audit", icon: ScrollText, may: "audit.read" },
  { key: "mail", name: "Sent mail", path: "/settings/mail", icon: Send, may: "audit.read" },
  { key: "data", name: "Data", path: "/settings/data", icon: Database, may: "data.export" },
  { key: "tokens", name: "API tokens", path: "/settings/tokens", icon: KeyRound, may: "api_tokens" },
  { key: "settings", name: "Settings", path: "/settings", icon: Settings, may: "account.manage" },
  { key: "security", name: "Security", path: "/settings/security", icon: ShieldCheck },
];

const initials = (name) =>
  name
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join("")
    .toUpperCase();

async function logOut() {
  await request("POST", "/api/auth/logout").catch(() => {});
  window.location.assign("/login");
}

export function Frame({
  account,
  accountId,
  person,
  email,
  role,
  permissions = [],
  places = [],
  deleted,
  section,
  children,
}) {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState("");
  const { resolvedColorMode, setColorMode } = useContext(ColorModeContext);
  const navigate = useNavigate();
  const dark = resolvedColorMode === "dark";
  useEffect(() => {
    if (!open) return undefined;
    const close = (event) => event.key === "Escape" && setOpen(false);
    window.addEventListener("keydown", close);
    return () => window.removeEventListener("keydown", close);
  }, [open]);

  const enter = async (id) => {
    setProblem("");
    try {
      await request("POST", "/api/auth/switch", { body: { account: id } });
      window.location.assign("/"); // anew: the socket has to carry the new cookie
    } catch (error) {
      setProblem(error instanceof Problem ? error.message : "That did not work. Please try again.");
    }
  };
  const logo = (
    <span className="qv-logo small" aria-hidden="true">
      {account?.[0]}
    </span>
  );
  const rooms = ROOMS.filter(({ heading, may }) => heading || !may || (!deleted && permissions.includes(may)));

  return (
    <div className={`qv qv-app ${open ? "open" : ""}`}>
      <a className="qv-skip" href="#content">
        Skip to the content
      </a>
      <header className="qv-topbar">
        <button
          type="button"
          className="qv-btn ghost icon mid"
          aria-label="Open the navigation"
          aria-expanded={open}
          onClick={() => setOpen(true)}
        >
          <MenuIcon size={20} />
        </button>
        <Mark />
        <b>Quantum Voice</b>
      </header>
      <div className="qv-scrim" onClick={() => setOpen(false)} />
      <nav className="qv-nav" aria-label="Main">
        <Link className="qv-brand" to="/" aria-label="Quantum Voice">
          <Mark />
          <span className="tx">Quantum Voice</span>
        </Link>
        <button
          type="button"
          className="qv-btn ghost icon qv-close"
          aria-label="Close the navigation"
          onClick={() => setOpen(false)}
        >
          <X size={20} />
        </button>
        {account && places.length < 2 && (
          <div className="qv-acct" title={account}>
            {logo}
            <span className="qv-clip tx">{account}</span>
          </div>
        )}
        {account && places.length > 1 && (
          <Menu
            label={`Account: ${account}. Change to another`}
            className="qv-acct"
            wide
            face={
              <>
                {logo}
                <span className="qv-clip qv-grow tx">{account}</span>
                <ChevronsUpDown size={14} className="tx" />
              </>
            }
          >
            {places.map(({ id, name }) => (
              <button
                key={id}
                type="button"
                role="menuitemradio"
                aria-checked={id === accountId}
                tabIndex={-1}
                className="qv-item"
                onClick={() => id !== accountId && enter(id)}
              >
                <span className="qv-logo small" aria-hidden="true">
                  {name[0]}
                </span>
                <span className="qv-clip qv-grow">{name}</span>
                {id === accountId && <Check size={16} />}
              </button>
            ))}
          </Menu>
        )}
        {problem && (
          <p className="qv-error tx" role="alert">
            {problem}
          </p>
        )}
        {account &&
          rooms.map(({ heading, key, name, path, icon: Icon }) =>
            heading ? (
              <div key={heading} className="qv-nav-h">
                <span className="tx">{heading}</span>
              </div>
            ) : (
              <Link
                key={key}
                to={path}
                className={`qv-nav-a ${section === key ? "on" : ""}`}
                aria-current={section === key ? "page" : undefined}
                aria-label={name}
                title={name}
                onClick={() => setOpen(false)}
              >
                <Icon size={16} />
                <span className="tx">{name}</span>
              </Link>
            ),
          )}
        <div className="qv-nav-foot">
          <button
            type="button"
            className="qv-nav-a"
            aria-label={dark ? "Light colours" : "Dark colours"}
            title={dark ? "Light colours" : "Dark colours"}
            onClick={() => setColorMode(dark ? "light" : "dark")}
          >
            {dark ? <Sun size={16} /> : <Moon size={16} />}
            <span className="tx">{dark ? "Light" : "Dark"}</span>
          </button>
          {person && (
            <Menu
              label={`${person}, ${role}`}
              className="qv-person"
              wide
              face={
                <>
                  <span className="qv-ava" aria-hidden="true">
                    {initials(person)}
                  </span>
                  <span className="qv-col qv-grow tx">
                    <span className="qv-clip">{person}</span>
                    <span className="qv-note qv-clip qv-role">{role}</span>
                  </span>
                  <ChevronsUpDown size={14} className="tx" />
                </>
              }
            >
              <div className="qv-menu-head" role="presentation">
                <b className="qv-clip">{person}</b>
                <span className="qv-note qv-clip">{email}</span>
              </div>
              <button
                type="button"
                role="menuitem"
                tabIndex={-1}
                className="qv-item"
                onClick={() => {
                  setOpen(false);
                  navigate("/settings/security");
                }}
              >
                <ShieldCheck size={16} />
                Security
              </button>
              <button type="button" role="menuitem" tabIndex={-1} className="qv-item" onClick={logOut}>
                <LogOut size={16} />
                Log out
              </button>
            </Menu>
          )}
        </div>
      </nav>
      <main className="qv-page" id="content">
        {children}
      </main>
    </div>
  );
}
