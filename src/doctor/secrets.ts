/** The variables whose values are nobody's business. */
const SECRET = /SECRET|KEY|CERTIFICATE|TOKEN|PASSWORD|SALT/;
const PUBLIC = /(?:_FILE|_PATH|_SECONDS|_KEY_ID|_URL)$/;
/** A shorter one would be found in words that have nothing to do with it. */
const LEAST_LENGTH = 8;
/** Userinfo of a URL. */
const IN_URL = /\/\/[^/\s@]+@/g;
// oxlint-disable-next-line no-control-regex -- what a stranger's server says must not move the cursor
const CONTROLS = /[\u0000-\u001F\u007F-\u009F]+/g;

/** Takes every secret of `environment` out of a text that may be anybody's, and whatever a terminal would obey. */
export function secretsRemover(environment: NodeJS.ProcessEnv): (text: string) => string {
  const secrets = Object.entries(environment)
    .filter(([name]) => SECRET.test(name) && !PUBLIC.test(name))
    .flatMap(([, value = '']) => [value, ...value.split(/[,:\n]|\\n/)])
    .filter((secret) => secret.length >= LEAST_LENGTH)
    .toSorted((one, other) => other.length - one.length);
  return (text) =>
    secrets
      .reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text)
      .replaceAll(IN_URL, '//[credentials]@')
      .replaceAll(CONTROLS, ' ');
}
