import { RequestFilteringHttpsAgent } from 'request-filtering-agent';

/** Azure's own services in every machine of it: a public address that leads to no public host. */
const AZURE_PLATFORM = '168.63.129.16';
/** How request-filtering-agent words its refusals, which have no code. */
const FILTERED = /is not allowed\. Because/;

/** Connects to public addresses only: it looks at the very address that it then connects to. */
export function publicAgent(): RequestFilteringHttpsAgent {
  return new RequestFilteringHttpsAgent({ denyIPAddressList: [AZURE_PLATFORM] });
}

/** Whether a `publicAgent` has refused to connect. */
export function isNotPublic(error: unknown): boolean {
  return error instanceof Error && FILTERED.test(error.message);
}
