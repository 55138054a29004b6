// What the REST API sends and takes: quantum_app/api.
import type { FlowDefinition, Value } from "../designer/model/flow.ts";
import type { ProblemBody } from "./client.ts";

// Public call page

export interface PublicCampaign {
  account_name: string;
  assistant_name: string;
  name: string;
  language: string;
  status: string;
  verified_domain: string | null;
  email_required: boolean;
  consent: { text: string; version: string };
}
export interface StartCall {
  email: string;
  name?: string;
  consent: boolean;
  consent_version: string;
}
export interface StartedCall {
  call_id: string;
  server_url: string;
  /** Admits to the LiveKit room, and authorizes what follows on the call. */
  token: string;
}
export interface Rating {
  stars: number;
  comment?: string;
}

// Flows

export type Severity = "error" | "warning";
/** What is wrong with a flow: at a node, at an edge, or with the flow itself. */
export interface FlowProblem {
  code: string;
  severity: Severity;
  message: string;
  remedy: string;
  node: string | null;
  edge: string | null;
  field: string | null;
}
export interface Draft {
  revision: number;
  updated_at: string | null;
  updated_by: string | null;
  definition: FlowDefinition;
  problems: FlowProblem[];
}
export interface CampaignSummary {
  id: string;
  public_id: string;
  name: string;
  active: boolean;
  published_version: number | null;
}
export interface Version {
  version: number;
  note: string;
  author: string | null;
  created_at: string;
}
export interface Flow {
  campaign: CampaignSummary;
  draft: Draft;
  versions: Version[];
  can_write: boolean;
}
export interface EarlierDraft {
  id: string;
  replaced_by: string;
  replaced_at: string;
}
export interface Template {
  id: string;
  name: string;
  description: string;
  definition: FlowDefinition;
}
/** A 409 of a draft that somebody else has changed. */
export interface DraftConflict extends ProblemBody {
  revision: number;
  updated_by: string | null;
  definition: FlowDefinition;
  problems?: FlowProblem[];
}

// Simulator and test cases

export type Happening =
  "silence" | "gone_silent" | "time_up" | "tick" | "interrupted" | "operator_joins" | "operator_leaves" | "caller_gone";
/** What the caller says, or what happens instead. after: seconds since the turn before. */
export interface CaseTurn {
  says?: string;
  happens?: Happening | null;
  after?: number;
}
/** What is null or missing may be anything. */
export interface CaseExpectation {
  path: string[];
  variables: Record<string, Value | null>;
  said: string[];
  score: number | null;
  ends: boolean | null;
  hands_off: boolean | null;
}
export interface CaseSetup {
  name: string;
  known: Record<string, Value>;
  known_caller: boolean;
  consent: boolean | null;
  begins: string;
  time_zone: string;
  operators: boolean;
  turns: CaseTurn[];
}
export interface TestCase extends CaseSetup {
  expected: CaseExpectation;
}
export interface SavedCase {
  id: string;
  name: string;
  case: TestCase;
}
export interface CaseResult {
  id: string;
  name: string;
  ok: boolean;
  why: string[];
  path: string[];
}
export interface CaseOfCall extends SavedCase {
  result: CaseResult;
}
export interface RecordedCall {
  id: string;
  caller: string | null;
  at: string;
  turns: number;
}

export type FlowEventBody = { type: string; at?: number } & Record<string, unknown>;
/** The engine's state; most of it concerns the engine alone. */
export interface EngineState {
  node: string;
  turn: number;
  elapsed: number;
  time_zone: string;
  ended: boolean;
  slots: { values: Record<string, Value>; set_at_turn: Record<string, number>; asking: string | null };
  scoring: { total: number };
  /** Whether a person is looked for, or speaks with the caller. */
  handoff: { status: "asked" | "held" | null };
}
export interface EngineAction {
  type: string;
  node: string;
  said: string | null;
  to?: string;
  edge?: string | null;
  options?: { id: string }[];
  signals?: { id: string }[];
  variables?: string[];
  variable?: string;
  value?: Value | null;
  tool?: string;
  points?: number;
  reason?: string;
}
export interface Passage {
  source: string;
  text: string;
  score: number;
  used: boolean;
}
export interface ConsideredOption {
  id: string;
  label: string;
  score: number;
  chosen: boolean;
}
export interface SimulationResult {
  state: EngineState;
  actions: EngineAction[];
  passages: Passage[];
  considered: ConsideredOption[];
  values: Record<string, Value>;
  score: { total: number; reasons: { rule: string; points: number; reason: string }[] };
  timings: Record<string, number>;
  problems: { component: string; message: string }[];
}
export interface SimulationRequest {
  /** null: the draft as it is saved. */
  definition: FlowDefinition | null;
  state: EngineState | null;
  event: FlowEventBody;
  history: { speaker: string; text: string }[];
  fault: string | null;
  operators: boolean;
}

// Accounts

export interface LoginAnswer {
  second_factor?: boolean;
  challenge?: string;
}
export interface IdentityProvider {
  id: string;
  name: string;
}
export interface Invitation {
  account: string;
  role: string;
  email: string;
  invited_by: string | null;
  known: boolean;
  logged_in_as: string | null;
}
export interface ApiToken {
  id: string;
  name: string;
  role: string;
  last_four: string;
  created_by: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  own: boolean;
}
export interface CreatedToken extends ApiToken {
  token: string;
}
export interface Enrollment {
  /** An SVG. */
  qr: string;
  secret: string;
}
export interface RecoveryCodes {
  recovery_codes: string[];
}
export interface Mail {
  id: string;
  to: string[];
  subject: string;
  text: string;
  created_at: string;
}
