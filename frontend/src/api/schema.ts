// What the REST API sends and takes. Its types are generated; here are the names that pages know them by.
import type { catalog } from "../generated/catalog.ts";
import type * as api from "../generated/api.ts";

export type {
  ApiToken,
  CallPage as PublicCampaign,
  CaseResult,
  ConsideredOption,
  CreatedApiToken as CreatedToken,
  Draft,
  EarlierDraft,
  Flow,
  FlowCampaign as CampaignSummary,
  FlowProblem,
  FlowState as EngineState,
  IdentityProvider,
  Invitation,
  Mail,
  Rating,
  RecordedCall,
  RecoveryCodes,
  RetrievedPassage as Passage,
  SecondFactorEnrollment as Enrollment,
  SimulatedAction as EngineAction,
  Simulation as SimulationResult,
  StartCall,
  StartedCall,
  Template,
  Version,
} from "../generated/api.ts";

export type Severity = api.FlowProblem["severity"];
/** A 409 of a draft that somebody else has changed. */
export type DraftConflict = api.DraftConflict & { problems?: api.FlowProblem[] };
/** Logging in answers with a challenge, or with nothing. */
export type LoginAnswer = Partial<api.SecondFactorRequired>;

// Simulator and test cases

export type Happening = keyof typeof catalog.simulatorEvents;
/** What the caller says, or what happens instead. after: seconds since the turn before. */
export type CaseTurn = Partial<api.Turn>;
/** What is null or missing may be anything. */
export type CaseExpectation = api.Expected;
export type CaseSetup = Omit<api.Case, "expected" | "turns"> & { turns: CaseTurn[] };
export type TestCase = CaseSetup & { expected: CaseExpectation };
export type SavedCase = Pick<api.StoredCase, "id" | "name"> & { case: TestCase };
export type CaseOfCall = SavedCase & { result: api.CaseResult };

export type FlowEventBody = { type: string; at?: number } & Record<string, unknown>;
export interface SimulationRequest {
  definition: api.FlowDefinition | null;
  state: api.FlowState | null;
  event: FlowEventBody;
  history: { speaker: string; text: string }[];
  fault: string | null;
  operators: boolean;
}
