import { isListedPrivate, isWithin } from '../media/hosts.ts';

/** Whom callbacks may go to, besides every public https host. */
export type CallbackHosts = {
  /** `host` for https to it and its subdomains at any address, `http://host:port` for one without TLS. */
  readonly hosts: readonly string[];
};

export type CallbackSettings = CallbackHosts & {
  /** `whsec_…`: the first is the current one, and all sign. */
  readonly secrets: readonly string[];
};

/** Why callbacks can't go to `url`, or null where they can. Where a name leads to shows only when it is connected to. */
export function callbackFault(url: string, { hosts, secrets }: CallbackSettings): string | null {
  if (secrets.length === 0)
    return 'needs DURASCRIBE_WEBHOOK_SECRET to be set, which signs callbacks';
  return receiverFault(url, { hosts });
}

/** The same, whether or not callbacks can be signed. */
export function receiverFault(url: string, { hosts }: CallbackHosts): string | null {
  if (!URL.canParse(url)) return 'is not a URL';
  const { protocol, username, password, host } = new URL(url);
  if (username !== '' || password !== '') return 'must not hold credentials';
  if (protocol === 'https:' || isListedPrivate(url, { anyPublic: true, listed: hosts }))
    return null;
  return `must be https, for ${protocol}//${host} is none of DURASCRIBE_CALLBACK_HOSTS`;
}

/** Whether `url` is on a host that is listed, and so may be at a private address. */
export function isListed(url: string, { hosts }: CallbackHosts): boolean {
  const { protocol, hostname } = new URL(url);
  if (isListedPrivate(url, { anyPublic: true, listed: hosts })) return true;
  return protocol === 'https:' && hosts.some((listed) => isWithin(hostname, listed));
}
