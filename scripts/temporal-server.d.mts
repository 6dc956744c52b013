export function findTemporalServer(env: NodeJS.ProcessEnv): string | undefined;
