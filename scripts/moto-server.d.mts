export function findMotoPython(env: NodeJS.ProcessEnv): string | undefined;
