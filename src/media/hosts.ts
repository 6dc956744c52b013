/** Whom recordings may be fetched from. */
export type MediaHosts = {
  /** Every public https host. */
  readonly anyPublic: boolean;
  /** `host` for https from it and its subdomains, `http://host:port` for a private one without TLS. */
  readonly listed: readonly string[];
};

/**
 * Why a recording may not be fetched from `url`, or null where it may. Whether a name leads to a private address
 * shows only when it is connected to: see `openUrl`. Holds neither the URL's path nor its query.
 */
export function hostFault(url: string, hosts: MediaHosts): string | null {
  if (!URL.canParse(url)) return 'it is not a URL';
  const { protocol, username, password, hostname } = new URL(url);
  if (username !== '' || password !== '') return 'its URL holds credentials';
  if (isListedPrivate(url, hosts)) return null;
  if (protocol !== 'https:') return 'recordings are fetched by https only';
  if (hosts.anyPublic || hosts.listed.some((listed) => isWithin(hostname, listed))) return null;
  return `${hostname} is none of the hosts that recordings are fetched from`;
}

/** Whether `url` is on a host that is listed as `http://host:port`. */
export function isListedPrivate(url: string, { listed }: MediaHosts): boolean {
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' && listed.some((entry) => originOf(entry) === origin);
}

function originOf(entry: string): string | null {
  return entry.includes('://') && URL.canParse(entry) ? new URL(entry).origin : null;
}

/** Whether `hostname` is the host `listed`, or a subdomain of it. */
export function isWithin(hostname: string, listed: string): boolean {
  const host = withoutLastDot(hostname);
  const wanted = withoutLastDot(listed.toLowerCase());
  return wanted !== '' && (host === wanted || host.endsWith(`.${wanted}`));
}

/** `example.com.` is the same host as `example.com`. */
function withoutLastDot(host: string): string {
  return host.replace(/\.$/, '');
}
