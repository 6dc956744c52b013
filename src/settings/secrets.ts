/** The variables whose values are nobody's business. */
const SECRET = /SECRET|KEY|CERTIFICATE|TOKEN|PASSWORD|SALT/;
const PUBLIC = /(?:_FILE|_PATH|_SECONDS|_KEY_ID|_URL)$/;
/** A shorter one would be found in words that have nothing to do with it. */
const LEAST_LENGTH = 8;
/** Userinfo of a URL. */
const IN_URL = /\/\/[^/\s@]+@/g;

/** Takes every secret of `environment` out of a text that may be anybody's. */
export function withoutSecretsOf(environment: NodeJS.ProcessEnv): (text: string) => string {
  const secrets = Object.entries(environment)
    .filter(([name]) => SECRET.test(name) && !PUBLIC.test(name))
    .flatMap(([, value = '']) => [value, ...value.split(/[,:\n]|\\n/)])
    .filter((secret) => secret.length >= LEAST_LENGTH)
    .flatMap(formsOf)
    .toSorted((one, other) => other.length - one.length);
  return (text) =>
    secrets
      .reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text)
      .replaceAll(IN_URL, '//[credentials]@');
}

/** A secret as it is, in a URL, and in base64 wherever in a text that was encoded it stood, as behind the user of `Basic`. */
function formsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.from(' '.repeat(before) + secret);
    // The characters at both ends are of what stands beside it too.
    const whole = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return bytes.toString('base64').slice(...whole);
  });
  const inBase64Url = inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret, encodeURIComponent(secret), ...inBase64, ...inBase64Url];
}
