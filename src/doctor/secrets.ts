import { plainLine } from '../cli/terminal.ts';
import { withoutSecretsOf } from '../settings/secrets.ts';

/** Takes every secret of `environment` out of a text that may be anybody's, and whatever a terminal would obey. */
export function secretsRemover(environment: NodeJS.ProcessEnv): (text: string) => string {
  const withoutSecrets = withoutSecretsOf(environment);
  return (text) => withoutSecrets(plainLine(text));
}
