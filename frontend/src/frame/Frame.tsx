// The app frame: the account, the rooms that the role allows, the person. Only rooms that exist are in it.
import "./Frame.css";
import { useContext, useEffect, useState, type ReactNode } from "react";
import { Link } from "react-router";
import {
  BookOpen,
  Check,
  ChevronsUpDown,
  KeyRound,
  LayoutDashboard,
  LogOut,
  Menu as MenuIcon,
  Moon,
  Phone,
  Settings,
  ShieldCheck,
  Sun,
  Users,
  Workflow,
  X,
  type LucideIcon,
} from "lucide-react";
import { ColorModeContext } from "$/utils/context";
import { Problem, request } from "../api/client.ts";
import { Menu, MenuChoice, MenuHeading, MenuItem } from "../components/Menu.tsx";
import { Mark } from "../components/Mark.tsx";
import { usePendingLink, type Destination } from "./offline.ts";
import { PendingLink } from "./PendingLink.tsx";
import { SearchButton, SearchDialog, useSearch } from "./Search.tsx";
import { navigation, SETTINGS_ID, type Section } from "./sections.ts";

const ICONS: Record<string, LucideIcon> = {
  home: LayoutDashboard,
  campaigns: Workflow,
  knowledge: BookOpen,
  calls: Phone,
  members: Users,
  tokens: KeyRound,
  [SETTINGS_ID]: Settings,
};

const initials = (name: string) =>
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

interface FrameProps {
  account: string;
  accountId: string;
  person: string;
  email: string;
  role: string;
  permissions?: string[];
  /** The accounts that the person is in. */
  places?: { id: string; name: string }[];
  deleted: boolean;
  /** Whether the page's connection to the server is lost. */
  disconnected?: boolean;
  /** Calls in progress. */
  activeCalls: number;
  /** The ID of the section that is open. */
  section: string;
  children: ReactNode;
}

export function Frame({ children, disconnected = false, ...props }: FrameProps) {
  const { pendingLink, cancel, go } = usePendingLink(disconnected);
  const [open, setOpen] = useState(false);
  const search = useSearch(Boolean(props.account));
  const { settings } = navigation(props.permissions ?? [], props.deleted);
  useEffect(() => {
    if (pendingLink) setOpen(false); // what it says is behind the drawer
  }, [pendingLink]);
  const inSettings = settings.some(({ id }) => id === props.section);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    window.addEventListener("keydown", close);
    return () => window.removeEventListener("keydown", close);
  }, [open]);
  return (
    <div className={`ui frame ${open ? "open" : ""}`}>
      <a className="frame-skip" href="#content">
        Skip to content
      </a>
      <header className="frame-topbar">
        <button
          type="button"
          className="ui-button ghost icon mid"
          aria-label="Open navigation"
          aria-expanded={open}
          onClick={() => setOpen(true)}
        >
          <MenuIcon size={20} />
        </button>
        <Mark />
        <b className="ui-grow">Quantum Voice</b>
        {props.account && <SearchButton open={search.open} className="ui-button ghost icon mid" />}
      </header>
      <div className="frame-scrim" onClick={() => setOpen(false)} />
      <Navigation {...props} go={go} close={() => setOpen(false)} search={search.open} />
      {search.isOpen && (
        <SearchDialog permissions={props.permissions ?? []} deleted={props.deleted} close={search.close} />
      )}
      <main className="ui-page" id="content">
        {inSettings && settings.length > 1 && <SettingsPages pages={settings} section={props.section} />}
        {pendingLink && <PendingLink to={pendingLink} cancel={cancel} />}
        {children}
      </main>
    </div>
  );
}

type NavigationProps = Omit<FrameProps, "children" | "disconnected"> & {
  close: () => void;
  go: (to: Destination) => void;
  search: () => void;
};

function Navigation({ close, search, ...props }: NavigationProps) {
  const { account, person, permissions = [], deleted, section, activeCalls } = props;
  const sections = navigation(permissions, deleted);
  const current = sections.settings.some(({ id }) => id === section) ? SETTINGS_ID : section;
  const link = (item: Section) => (
    <SectionLink
      key={item.id}
      {...item}
      open={current === item.id}
      active={item.id === "calls" ? activeCalls : 0}
      close={close}
    />
  );
  return (
    <nav className="frame-nav" aria-label="Main">
      <Link className="frame-brand" to="/" aria-label="Quantum Voice">
        <Mark />
        <span className="tx">Quantum Voice</span>
      </Link>
      <button type="button" className="ui-button ghost icon frame-close" aria-label="Close navigation" onClick={close}>
        <X size={20} />
      </button>
      {account && <AccountSwitch {...props} />}
      {account && <SearchButton open={search} className="frame-search frame-nav-a" />}
      {account && sections.work.map(link)}
      {account && (
        <div className="frame-nav-h">
          <span className="tx">Account</span>
        </div>
      )}
      {account && sections.account.map(link)}
      <div className="frame-nav-foot">
        <ThemeSwitch />
        {person && <PersonMenu {...props} close={close} />}
      </div>
    </nav>
  );
}

/** The pages of the settings, above the one that is open. */
function SettingsPages({ pages, section }: { pages: Section[]; section: string }) {
  return (
    <nav className="frame-tabs" aria-label="Settings">
      {pages.map(({ id, name, path }) => (
        <Link
          key={id}
          to={path}
          className={`frame-tab ${id === section ? "on" : ""}`}
          aria-current={id === section ? "page" : undefined}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** active: how many there are in progress. */
type SectionLinkProps = Section & { open: boolean; active: number; close: () => void };

function SectionLink({ id, name, path, open, active, close }: SectionLinkProps) {
  const Icon = ICONS[id];
  return (
    <Link
      to={path}
      className={`frame-nav-a ${open ? "on" : ""}`}
      aria-current={open ? "page" : undefined}
      aria-label={name}
      aria-description={active ? `${active} in progress` : undefined}
      title={active ? `${name}, ${active} in progress` : name}
      onClick={close}
    >
      <Icon size={16} />
      <span className="ui-grow tx">{name}</span>
      {active > 0 && (
        <span className="frame-active" aria-hidden="true">
          {active > 99 ? "99+" : active}
        </span>
      )}
    </Link>
  );
}

const Logo = ({ name }: { name: string }) => (
  <span className="ui-logo small" aria-hidden="true">
    {name[0]}
  </span>
);

function AccountSwitch({ account, accountId, places = [] }: Pick<FrameProps, "account" | "accountId" | "places">) {
  const [problem, setProblem] = useState("");
  const enter = async (id: string) => {
    if (id === accountId) return;
    setProblem("");
    try {
      await request("POST", "/api/auth/switch", { body: { account: id } });
      window.location.assign("/"); // anew: the socket has to carry the new cookie
    } catch (error) {
      setProblem(error instanceof Problem ? error.message : "Something went wrong. Try again.");
    }
  };
  const face = (
    <>
      <Logo name={account} />
      <span className="ui-clip ui-grow tx">{account}</span>
      <ChevronsUpDown size={14} className="tx" />
    </>
  );
  const choices = places.map(({ id, name }) => ({
    value: id,
    content: (
      <>
        <Logo name={name} />
        <span className="ui-clip ui-grow">{name}</span>
        {id === accountId && <Check size={16} />}
      </>
    ),
  }));
  return (
    <>
      <Menu label={`Account: ${account}`} className="frame-account" wide face={face}>
        <MenuChoice value={accountId} set={enter} options={choices} />
      </Menu>
      {problem && (
        <p className="ui-error tx" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function ThemeSwitch() {
  const { resolvedColorMode, setColorMode } = useContext(ColorModeContext);
  const dark = resolvedColorMode === "dark";
  const label = dark ? "Use light theme" : "Use dark theme";
  return (
    <button
      type="button"
      className="frame-nav-a"
      aria-label={label}
      title={label}
      onClick={() => setColorMode(dark ? "light" : "dark")}
    >
      {dark ? <Sun size={16} /> : <Moon size={16} />}
      <span className="tx">{dark ? "Light" : "Dark"}</span>
    </button>
  );
}

type PersonMenuProps = Pick<NavigationProps, "person" | "email" | "role" | "close" | "go">;

function PersonMenu({ person, email, role, close, go }: PersonMenuProps) {
  const face = (
    <>
      <span className="ui-avatar" aria-hidden="true">
        {initials(person)}
      </span>
      <span className="ui-column ui-grow tx">
        <span className="ui-clip">{person}</span>
        <span className="ui-note ui-clip ui-role">{role}</span>
      </span>
      <ChevronsUpDown size={14} className="tx" />
    </>
  );
  const openSecurity = () => {
    close();
    go({ path: "/settings/security", name: "Security" });
  };
  return (
    <Menu label={`${person}, ${role}`} className="frame-person" wide face={face}>
      <MenuHeading>
        <b className="ui-clip">{person}</b>
        <span className="ui-note ui-clip">{email}</span>
      </MenuHeading>
      <MenuItem onClick={openSecurity}>
        <ShieldCheck size={16} />
        Security
      </MenuItem>
      <MenuItem onClick={logOut}>
        <LogOut size={16} />
        Log out
      </MenuItem>
    </Menu>
  );
}
