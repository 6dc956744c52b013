import agoraToken from 'agora-token';

/** Agora: an RTC token is valid for 24 h at most (Video SDK, Deploy a token server). */
export const MAX_TOKEN_SECONDS = 24 * 60 * 60;

export type AppCredentials = { readonly appId: string; readonly appCertificate: string };

/**
 * Mints the token with which a bot joins `channel` as `uid` and publishes there, good for `seconds`. Throws when the
 * credentials are malformed.
 */
export function mintRtcToken(
  credentials: AppCredentials,
  channel: string,
  uid: string,
  seconds: number,
): string {
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
