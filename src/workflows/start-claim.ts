/** Does nothing: it is there so that its id is taken, and its memo kept. */
export async function startClaim(): Promise<void> {}
