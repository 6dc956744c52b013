import type { Task } from './tasks.ts';

/** What one request is answered with; `task` is the one it concerned. */
export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly retryAfterSeconds?: number;
  readonly task?: Task;
};

/** The documented rules that a caller can break. `language` stands apart: it is mostly user data. */
export const RULES = [
  'authentication',
  'app-id',
  'route',
  'body',
  'language',
  'query',
  'token',
  'name-conflict',
  'name-reuse',
  'builder-token',
  'builder-token-late',
  'start-repeated',
  'instance-used',
  'bot-uid',
  'spacing',
  'sequence',
  'mask',
  'update-after-leave',
] as const;
export type Rule = (typeof RULES)[number];

type About = {
  readonly task?: Task;
  /** Facts that a v7 answer tells besides. */
  readonly taskInfo?: object;
  /** The number that the legacy API has for it. */
  readonly code?: number;
};

/** A request refused; each API has its own way to say so. `rule` is set when the caller is to blame. */
export class Refusal extends Error {
  readonly status: number;
  readonly rule: Rule | null;
  readonly about: About;

  constructor(status: number, rule: Rule | null, detail: string, about: About = {}) {
    super(detail);
    this.status = status;
    this.rule = rule;
    this.about = about;
  }
}

/** The answer of the gateway to missing or wrong credentials ("RESTful authentication"). */
export const UNAUTHENTICATED: Answer = {
  status: 401,
  body: { message: 'Invalid authentication credentials' },
};

/** The answer of the gateway to an unknown path or method. */
export const NO_ROUTE: Answer = {
  status: 404,
  body: { message: 'no Route matched with those values' },
};
