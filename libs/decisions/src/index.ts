export { type ApprovalFacts, eligibilityRefusal } from './answers.js';
export * from './decide.js';
export * from './events.js';
export {
  type AnswerProposal,
  type AnswerWord,
  type ChangePhase,
  type DecisionInput,
  type ExpireProposal,
  type Follow,
  isRefusal,
  type JudgeReadiness,
  type Outcome,
  type Person,
  type Refusal,
  type RegisterRelease,
  type Surroundings,
} from './inputs.js';
export * from './policy.js';
export * from './state.js';
export { type Case, choose, effectiveCriticality, reversibilityOf } from './table.js';
export { worstFirst } from './words.js';
