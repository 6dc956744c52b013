import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** What the simulator knows of a builderToken; `taskId` once it has started one. */
export const builderTokenSchema = z.object({
  tokenName: z.string(),
  instanceId: z.string(),
  createdAtMs: z.number(),
  taskId: z.string().nullable(),
});
export type BuilderToken = z.infer<typeof builderTokenSchema>;

/** All builderTokens that ever were: each is good for one task, and needed for as long as it runs. */
export class BuilderTokens {
  readonly #startWithinMs: number;
  readonly #byName = new Map<string, BuilderToken>();
  readonly #byInstance = new Map<string, BuilderToken[]>();

  constructor(startWithinMs: number, saved: readonly BuilderToken[]) {
    this.#startWithinMs = startWithinMs;
    for (const token of saved) this.#add(token);
  }

  mint(instanceId: string, createdAtMs: number): BuilderToken {
    const tokenName = randomBytes(96).toString('base64url');
    return this.#add({ tokenName, instanceId, createdAtMs, taskId: null });
  }

  get(tokenName: string): BuilderToken | undefined {
    return this.#byName.get(tokenName);
  }

  ofInstance(instanceId: string): readonly BuilderToken[] {
    return this.#byInstance.get(instanceId) ?? [];
  }

  all(): BuilderToken[] {
    return [...this.#byName.values()];
  }

  canStart(token: BuilderToken, nowMs: number): boolean {
    return nowMs - token.createdAtMs <= this.#startWithinMs;
  }

  #add(token: BuilderToken): BuilderToken {
    this.#byName.set(token.tokenName, token);
    const siblings = this.#byInstance.get(token.instanceId);
    if (siblings) siblings.push(token);
    else this.#byInstance.set(token.instanceId, [token]);
    return token;
  }
}
