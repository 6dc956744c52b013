export function findTemporalBinary(
  env: NodeJS.ProcessEnv,
  note?: (message: string) => void,
): string | undefined;
