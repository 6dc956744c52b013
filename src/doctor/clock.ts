import type { Config } from '../config.ts';
import { fault, risk, unchecked, well, type Check, type Sight } from './finding.ts';

const TIMEOUT_MS = 10_000;
/** An HTTP date has no parts of a second, and an answer takes its time. */
const RISK_SECONDS = 5;
/** Vendors refuse tokens of the future, and Vonage's webhooks are taken for five minutes. */
const FAULT_SECONDS = 30;
const ADVICE = 'set the clock of this machine by NTP';

/** How far our clock is from those of the vendors: tokens are made by ours, and judged by theirs. */
export function clockCheck(config: Config, environment: NodeJS.ProcessEnv): Check {
  const { agora, videosdk, 'amazon-transcribe': amazon } = config.providers;
  const hosts = [
    agora?.baseUrl,
    videosdk?.baseUrl,
    amazon &&
      (environment['AWS_ENDPOINT_URL_TRANSCRIBE'] ||
        `https://transcribe.${amazon.region}.amazonaws.com`),
  ];
  return {
    subject: 'clock',
    look: async () => [await clockSight(hosts.filter(Boolean).map(String))],
  };
}

async function clockSight(urls: readonly string[]): Promise<Sight> {
  const skews = (await Promise.all(urls.map(skewSeconds))).filter((skew) => skew !== null);
  if (skews.length === 0) return unchecked('clock', 'not checked, because no vendor told the time');
  const most = Math.max(...skews);
  if (most < RISK_SECONDS) return well('clock', `right to ${RISK_SECONDS} s`);
  const found = `${Math.round(most)} s from a vendor's`;
  return most < FAULT_SECONDS
    ? risk('clock', found, ADVICE)
    : fault('clock', `${found}: it will refuse our tokens`, ADVICE);
}

async function skewSeconds(url: string): Promise<number | null> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    const ms = Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now());
    return Number.isFinite(ms) ? ms / 1_000 : null;
  } catch {
    return null;
  }
}
