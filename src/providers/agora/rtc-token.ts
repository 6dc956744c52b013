import agoraToken from 'agora-token';

/** Agora: an RTC token is valid for 24 h at most (Video SDK, Deploy a token server). */
const MAX_TOKEN_SECONDS = 24 * 60 * 60;
/** What a token outlives its session by, so that the bot is still there while the session stops. */
const MARGIN_SECONDS = 10 * 60;

export type AppCredentials = { readonly appId: string; readonly appCertificate: string };

/**
 * Mints the token with which a bot joins and publishes to `channel` as `uid`, good for the session's longest
 * life (`maxDurationSeconds`, 0 = unbounded) or Agora's limit. Throws when the credentials are malformed.
 */
export function mintPublisherToken(
  credentials: AppCredentials,
  channel: string,
  uid: string,
  maxDurationSeconds: number,
): string {
  const wanted = maxDurationSeconds === 0 ? MAX_TOKEN_SECONDS : maxDurationSeconds + MARGIN_SECONDS;
  const seconds = Math.min(wanted, MAX_TOKEN_SECONDS);
  const token = agoraToken.RtcTokenBuilder.buildTokenWithUid(
    credentials.appId,
    credentials.appCertificate,
    channel,
    Number(uid),
    agoraToken.RtcRole.PUBLISHER,
    seconds,
    seconds,
  );
  // The builder answers '' instead of throwing when an input is not 32 hex digits.
  if (token === '') throw new Error('AGORA_APP_ID and AGORA_APP_CERTIFICATE must be 32 hex digits');
  return token;
}
