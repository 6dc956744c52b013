/** `fault`: it does not work; `risk`: it works, but; `unchecked`: nothing to judge, or what it needs is missing. */
export type Outcome = 'well' | 'risk' | 'fault' | 'unchecked';

/** What one check has found. Holds no secret once `diagnose` has given it. */
export type Finding = {
  readonly section: string;
  /** What was looked at: a variable, a provider, a bucket. */
  readonly subject: string;
  readonly outcome: Outcome;
  readonly found: string;
  /** What to do; null = nothing. */
  readonly advice: string | null;
};

/** A finding of a section that goes without saying. */
export type Sight = Omit<Finding, 'section'>;

export function well(subject: string, found: string, advice: string | null = null): Sight {
  return { subject, outcome: 'well', found, advice };
}

export function risk(subject: string, found: string, advice: string): Sight {
  return { subject, outcome: 'risk', found, advice };
}

export function fault(subject: string, found: string, advice: string): Sight {
  return { subject, outcome: 'fault', found, advice };
}

export function unchecked(subject: string, why: string, advice: string | null = null): Sight {
  return { subject, outcome: 'unchecked', found: why, advice };
}

/** Something to look at; it may show several things, and what it throws is a fault. */
export type Check = {
  readonly subject: string;
  readonly look: () => Promise<readonly Sight[]>;
};

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** That variables are wrong, in words. */
export function notRight(variables: readonly string[]): string {
  return `${variables.join(', ')} ${variables.length === 1 ? 'is' : 'are'} not right`;
}

/** What can't be looked at, for want of something else. */
export function notChecked(subjects: readonly string[], because: string): Sight[] {
  return subjects.map((subject) => unchecked(subject, `not checked, because ${because}`));
}
