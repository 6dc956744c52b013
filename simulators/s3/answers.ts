import type { Readable } from 'node:stream';
import { element, xmlDocument, XML_HEADER } from './xml.ts';

/** What one request is answered with. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
};

export function empty(status: number, headers: Answer['headers'] = {}): Answer {
  return { status, headers };
}

export function xmlAnswer(root: string, content: readonly string[]): Answer {
  const headers = { 'content-type': 'application/xml' };
  return { status: 200, headers, body: xmlDocument(root, content) };
}

export type Failure = { readonly status: number; readonly code: string; readonly message: string };

export function failed({ status, code, message }: Failure, resource: string, requestId: string) {
  const content = { Code: code, Message: message, Resource: resource, RequestId: requestId };
  const elements = Object.entries(content).map(([name, text]) => element(name, text));
  const body = XML_HEADER + element('Error', elements);
  return { status, headers: { 'content-type': 'application/xml' }, body } satisfies Answer;
}
