import { createHmac, timingSafeEqual } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { Refusal } from './answers.ts';

const RTC_SERVICE = 1;
const JOIN_CHANNEL = 1;
const PUBLISH_AUDIO_VIDEO_DATA = [2, 3, 4];
const NO_RTC = 'grants no RTC service';

/** A token is valid for 24 h at most (Agora "Deploy a token server"). */
const MAX_VALIDITY_SECONDS = 86_400;

type RtcGrant = {
  readonly channel: string;
  /** Empty for a token that any uid may use. */
  readonly uid: string;
  /** Privilege → seconds after the issue, 0 for as long as the token. */
  readonly privileges: ReadonlyMap<number, number>;
};

type AccessToken = {
  readonly appId: string;
  readonly issuedAtSeconds: number;
  readonly validSeconds: number;
  readonly signedWith: (certificate: string) => boolean;
  readonly rtc: RtcGrant | undefined;
};

/** What a token has to be good for; `nowMs` in ms since the epoch. */
export type TokenUse = {
  /** Where in the body it stands. */
  readonly field: string;
  /** Whether its bot publishes; each bot joins. */
  readonly publishes: boolean;
  readonly appId: string;
  readonly appCertificate: string;
  readonly channel: string;
  readonly uid: string;
  readonly nowMs: number;
};

/**
 * Refuses a token that wouldn't let its bot join, and publish where it has to.
 * Returns when it expires, in ms since the epoch.
 */
export function checkRtcToken(text: string | undefined, use: TokenUse): number {
  const refused = (fault: string) => new Refusal(400, 'token', `${use.field} ${fault}`);
  if (!text) throw refused('is missing, though the project has its App Certificate enabled');
  const token = readAccessToken(text);
  if (!token) throw refused('is malformed: an AccessToken2 ("007") token is needed');
  const { rtc } = token;
  const fault = signatureFault(token, use) ?? (rtc ? grantFault(rtc, use) : NO_RTC);
  if (!rtc || fault) throw refused(fault ?? NO_RTC);
  if (token.validSeconds > MAX_VALIDITY_SECONDS) {
    throw refused(`is valid for ${token.validSeconds} s, more than ${MAX_VALIDITY_SECONDS} s`);
  }
  const expiresAtMs = expiry(token, rtc, use);
  if (expiresAtMs <= use.nowMs) {
    throw refused(`expired at ${new Date(expiresAtMs).toISOString()}`);
  }
  return expiresAtMs;
}

function signatureFault(token: AccessToken, use: TokenUse): string | undefined {
  if (token.appId !== use.appId) return 'was issued for another App ID';
  if (token.signedWith(use.appCertificate)) return undefined;
  return "has a wrong signature: it wasn't made with the project's App Certificate";
}

function grantFault(rtc: RtcGrant, use: TokenUse): string | undefined {
  if (rtc.channel !== use.channel) return `is for channel "${rtc.channel}", not "${use.channel}"`;
  if (rtc.uid !== '' && rtc.uid !== use.uid) return `is for uid "${rtc.uid}", not "${use.uid}"`;
  if (!rtc.privileges.has(JOIN_CHANNEL)) return 'lacks the privilege to join the channel';
  if (needed(use).some((privilege) => !rtc.privileges.has(privilege))) {
    return 'lacks the publisher role';
  }
}

function expiry(token: AccessToken, rtc: RtcGrant, use: TokenUse): number {
  const ends = needed(use).map((privilege) => rtc.privileges.get(privilege) || token.validSeconds);
  return (token.issuedAtSeconds + Math.min(token.validSeconds, ...ends)) * 1000;
}

function needed({ publishes }: TokenUse): readonly number[] {
  return publishes ? [JOIN_CHANNEL, ...PUBLISH_AUDIO_VIDEO_DATA] : [JOIN_CHANNEL];
}

/** AccessToken2: "007", then base64 of deflated: signature, app id, times, salt, services. */
function readAccessToken(text: string): AccessToken | undefined {
  try {
    if (!text.startsWith('007')) throw new Error('wrong version');
    const reader = new LittleEndianReader(inflateSync(Buffer.from(text.slice(3), 'base64')));
    const signature = reader.bytes();
    const signed = reader.rest();
    const appId = reader.bytes().toString();
    const issuedAt = reader.raw(4);
    const validSeconds = reader.uint32();
    const salt = reader.raw(4);
    const services = reader.uint16();
    return {
      appId,
      issuedAtSeconds: issuedAt.readUInt32LE(),
      validSeconds,
      signedWith: (certificate) => {
        const expected = hmac(hmac(salt, hmac(issuedAt, certificate)), signed);
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      },
      rtc: services > 0 ? readRtcGrant(reader) : undefined,
    };
  } catch {
    return undefined;
  }
}

/** Services are packed in the order of their types, and RTC is the lowest: it is first or absent. */
function readRtcGrant(reader: LittleEndianReader): RtcGrant | undefined {
  if (reader.uint16() !== RTC_SERVICE) return undefined;
  const privileges = new Map<number, number>();
  for (let left = reader.uint16(); left > 0; left -= 1) {
    privileges.set(reader.uint16(), reader.uint32());
  }
  return { privileges, channel: reader.bytes().toString(), uid: reader.bytes().toString() };
}

function hmac(key: string | Buffer, message: string | Buffer): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

class LittleEndianReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  raw(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#buffer.length) throw new Error('truncated');
    const bytes = this.#buffer.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }

  uint16(): number {
    return this.raw(2).readUInt16LE();
  }

  uint32(): number {
    return this.raw(4).readUInt32LE();
  }

  bytes(): Buffer {
    return this.raw(this.uint16());
  }

  rest(): Buffer {
    return this.#buffer.subarray(this.#position);
  }
}
