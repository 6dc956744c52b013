export { liveSession } from './live-session.ts';
