// What the REST API sends and takes. Its types are generated; here are the names that pages know them by.
import type { catalog } from "../generated/catalog.ts";
import type * as api from "../generated/api.ts";

export type {
  ApiToken,
  CallResult,
  ApiTokenList,
  CallPage as PublicCampaign,
  CaseInput,
  CaseOfCall,
  CaseResult,
  CaseResults,
  ChangeDraft,
  CandidateOption,
  CreatedApiToken as CreatedToken,
  Draft,
  EarlierDraft,
  EarlierDraftDefinition,
  EarlierDrafts,
  Flow,
  FlowCampaign as CampaignSummary,
  FlowProblem,
  FlowState as EngineState,
  HistoryItem,
  IdentityProvider,
  Invitation,
  Mail,
  Mailbox,
  Me,
  NewAssistant,
  Permission,
  Preview,
  Publish,
  PublishedVersion,
  Rating,
  RecordedCall,
  RecordedCalls,
  RecoveryCodes,
  Redirect,
  ReplaceDraft,
  Restore,
  RetrievedPassage as Passage,
  SearchResults,
  SetUpAssistant,
  SetupOptions,
  SetupTemplate,
  RunCases,
  SavedDraft,
  SharedTranscript,
  SecondFactorEnrollment as Enrollment,
  SimulateEvent,
  SimulatedAction as EngineAction,
  Simulation as SimulationResult,
  StartCall,
  StartedCall,
  StoredCase,
  StoredCases,
  Template,
  ToldValue,
  TranscriptTurn,
  UploadResults,
  Transcription,
  Version,
  VersionDefinition,
} from "../generated/api.ts";

export type Severity = api.FlowProblem["severity"];
/** A 409 of a draft that somebody else has changed. */
export type DraftConflict = api.DraftConflict & { problems?: api.FlowProblem[] };
/** Logging in answers with a challenge, or with nothing. */
export type LoginAnswer = Partial<api.SecondFactorRequired>;

// Simulator and test cases

export type Happening = keyof typeof catalog.simulatorEvents;
/** What the caller says, or what happens instead. after: seconds since the turn before. */
export type CaseTurn = api.TurnInput;
/** What is null or missing may be anything. */
export type CaseExpectation = api.Expected;
export type CaseSetup = Omit<api.Case, "expected" | "turns"> & { turns: CaseTurn[] };
export type TestCase = CaseSetup & { expected: CaseExpectation };
export type FlowEvent = api.SimulateEvent["event"];
