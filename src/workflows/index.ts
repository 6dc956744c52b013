export { liveSession } from './live-session.ts';
export { collectTranscript } from './collect-transcript.ts';
export { deliverCallback } from './deliver-callback.ts';
export { eraseSession } from './erase-session.ts';
export { vonageCall } from './vonage-call.ts';
export { recordingSession } from './recording-session.ts';
export { reconcile } from './reconcile.ts';
export { startClaim } from './start-claim.ts';
