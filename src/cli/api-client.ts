/**
 * Durascribe
 * 1
 * DO NOT MODIFY - This file has been generated using oazapfts.
 * See https://www.npmjs.com/package/oazapfts
 */
import * as Oazapfts from "@oazapfts/runtime";
import * as QS from "@oazapfts/runtime/query";
export const defaults: Oazapfts.Defaults<Oazapfts.CustomHeaders> = {
    headers: {},
    baseUrl: "/"
};
const oazapfts = Oazapfts.runtime(defaults);
export const servers = {};
export type Session = {
    id: string;
    status: "starting" | "running" | "transcribing" | "stopping" | "stopped" | "completed" | "failed";
    task: {
        id: string;
        startedAt: string;
    } | null;
    createdAt: string;
    endedAt: string | null;
    endReason: ("requested" | "idle" | "max-duration" | "vendor" | "cancelled" | "failed") | null;
    failure: {
        kind: "rejected" | "not-found" | "throttled" | "unavailable" | "timeout" | "internal" | "terminated";
        message: string;
        at: string;
    } | null;
    transcript: {
        words: number;
        durationSeconds: number;
        channels: number;
        languageCode: string | null;
    } | null;
    metadata: {
        [key: string]: string | {
            [key: string]: string;
        };
    };
    provider: "agora" | "agora-legacy" | "videosdk";
    channel: string;
    desired: {
        languages: string[];
        subscribeAudioUids: string[];
        uidLanguages?: {
            uid: string;
            languages: string[];
        }[];
        translation?: {
            source: string;
            targets: string[];
        }[];
        keywords?: string[];
    };
    applied: {
        languages: string[];
        subscribeAudioUids: string[];
        uidLanguages?: {
            uid: string;
            languages: string[];
        }[];
        translation?: {
            source: string;
            targets: string[];
        }[];
        keywords?: string[];
    } | null;
    revision: number;
    appliedRevision: number;
    nextUpdateAt: string | null;
    sequenceId: number;
    generation: number;
    lastRefusal: {
        revision: number | null;
        message: string;
        at: string;
    } | null;
    runId: string;
    links: {
        temporal: string;
    };
} | {
    id: string;
    status: "starting" | "running" | "transcribing" | "stopping" | "stopped" | "completed" | "failed";
    task: {
        id: string;
        startedAt: string;
    } | null;
    createdAt: string;
    endedAt: string | null;
    endReason: ("requested" | "idle" | "max-duration" | "vendor" | "cancelled" | "failed") | null;
    failure: {
        kind: "rejected" | "not-found" | "throttled" | "unavailable" | "timeout" | "internal" | "terminated";
        message: string;
        at: string;
    } | null;
    transcript: {
        words: number;
        durationSeconds: number;
        channels: number;
        languageCode: string | null;
    } | null;
    metadata: {
        [key: string]: string | {
            [key: string]: string;
        };
    };
    provider: "amazon-transcribe";
    media: string;
    channels: number | null;
    progress: {
        bytes: number;
        totalBytes: number | null;
    } | null;
    jobs: {
        id: string;
        channel: string | null;
        startedAt: string;
    }[];
    runId: string;
    links: {
        temporal: string;
    };
};
export type Problem = {
    "type": string;
    title: string;
    status: number;
    detail: string;
    errors?: {
        path: string;
        message: string;
    }[];
};
export type SessionPage = {
    sessions: Session[];
    /** Where the list goes on; null = nowhere. */
    nextPageToken: string | null;
};
export type Erasure = {
    id: string;
    /** What there was when the erasure began, all of which is gone. */
    removed: {
        /** In the buckets: audio, transcripts, the vendor's own files, captions. */
        objects: number;
        /** The size of these objects together. */
        bytes: number;
        /** The vendor's records of its jobs. */
        jobs: number;
        /** Runs of workflows in Temporal: of the session, its callbacks, what collected its transcripts, its phone call. */
        workflows: number;
    };
    /** What is not ours to erase, or out of reach. */
    kept: {
        what: "source" | "vendor-recording" | "vendor-files" | "captions" | "unknown";
        /** The same in words. */
        why: string;
    }[];
};
export type Delivery = {
    /** The `webhook-id` header. */
    id: string;
    sessionId: string;
    "type": "session.running" | "session.updated" | "session.ended" | "transcript.ready";
    /** Without its query. */
    url: string;
    /** When it happened. */
    timestamp: string;
    /** `failed`: every try was in vain; `gone`: the receiver wants no more (410). */
    state: "pending" | "delivered" | "failed" | "gone";
    /** Oldest first, the newest 50. */
    tries: {
        at: string;
        status: number | null;
        error: string | null;
    }[];
    nextTryAt: string | null;
};
export type Explanation = {
    id: string;
    runId: string;
    status: "starting" | "running" | "transcribing" | "stopping" | "stopped" | "completed" | "failed";
    /** As in the Temporal UI: Markdown. */
    details: string;
    /** What the session is at. */
    step: {
        /** The activity's name in the Temporal UI. */
        name: string;
        summary: string;
        state: "waiting" | "under way" | "paused";
        /** The try that is under way, or comes next. */
        attempt: number;
        scheduledAt: string | null;
        startedAt: string | null;
        lastError: {
            kind: string;
            message: string;
        } | null;
        nextAttemptAt: string | null;
        givesUpAt: string | null;
    } | null;
    pendingTimers: {
        summary: string | null;
        firesAt: string;
    }[];
    transcript: "none" | "awaited" | "ready";
    /** What happens next, and when. */
    next: string;
    /** The session in Temporal's Web UI. */
    temporal: string;
};
export type Transcript = {
    sessionId: string;
    provider: string;
    languageCode: string | null;
    durationSeconds: number;
    text: string;
    segments: {
        startSeconds: number;
        endSeconds: number;
        channel?: string;
        speaker?: string;
        languageCode?: string;
        text: string;
        words?: {
            startSeconds: number;
            endSeconds: number;
            text: string;
            confidence?: number;
        }[];
    }[];
    gaps: {
        startSeconds: number;
        endSeconds: number;
        reason: string;
    }[];
    summary?: string;
    timesAreEstimated?: true;
};
/**
 * Start a session
 */
export function startSession(body: {
    provider: "agora";
    /** The caller's own id of the session; the natural one where it is left out. */
    id?: string;
    /** The caller's own labels, stored as they are. */
    metadata?: {
        [key: string]: string | {
            [key: string]: string;
        };
    };
    /** The session ends itself after this long; 0 = never. */
    maxDurationSeconds?: number;
    /** Who is told what happens to the session, as Standard Webhooks: an https URL at a public address. */
    callbackUrl?: string;
    /** The channel's name. */
    channel: string;
    /** The languages spoken, as BCP 47 tags. Two or more turn language detection on. */
    languages: string[];
    /** The UIDs to transcribe, or ["all"]. */
    subscribeAudioUids?: string[];
    /** Languages of single speakers, instead of the session's; each UID once. */
    uidLanguages?: {
        /** A UID, in decimal. */
        uid: string;
        languages: string[];
    }[];
    /** What is translated, and into what; each source once. */
    translation?: {
        source: string;
        targets: string[];
    }[];
    /** Words to listen for. */
    keywords?: string[];
    /** The UIDs not to transcribe, instead of those to transcribe. */
    unSubscribeAudioUids?: string[];
    /** The channel's encryption. */
    encryption?: {
        mode: "AES_128_XTS" | "AES_128_ECB" | "AES_256_XTS" | "SM4_128_ECB" | "AES_128_GCM" | "AES_256_GCM" | "AES_128_GCM2" | "AES_256_GCM2";
        /** The name of a key: AGORA_ENCRYPTION_SECRET_<key>. */
        key: string;
    };
    /** Has Agora upload captions, which a transcript is made from. */
    captions?: {
        sliceSeconds?: number;
    };
    /** The session ends itself after this long without a speaker. */
    maxIdleSeconds?: number;
} | {
    provider: "agora-legacy";
    /** The caller's own id of the session; the natural one where it is left out. */
    id?: string;
    /** The caller's own labels, stored as they are. */
    metadata?: {
        [key: string]: string | {
            [key: string]: string;
        };
    };
    /** The session ends itself after this long; 0 = never. */
    maxDurationSeconds?: number;
    /** Who is told what happens to the session, as Standard Webhooks: an https URL at a public address. */
    callbackUrl?: string;
    /** The channel's name. */
    channel: string;
    /** The languages spoken, as BCP 47 tags. Two or more turn language detection on. */
    languages: string[];
    /** The UIDs to transcribe, or ["all"]. */
    subscribeAudioUids?: string[];
    /** Languages of single speakers, instead of the session's; each UID once. */
    uidLanguages?: {
        /** A UID, in decimal. */
        uid: string;
        languages: string[];
    }[];
    /** What is translated, and into what; each source once. */
    translation?: {
        source: string;
        targets: string[];
    }[];
    /** The UIDs not to transcribe, instead of those to transcribe. */
    unSubscribeAudioUids?: string[];
    /** The channel's encryption. */
    encryption?: {
        mode: "AES_128_XTS" | "AES_128_ECB" | "AES_256_XTS" | "SM4_128_ECB" | "AES_128_GCM" | "AES_256_GCM" | "AES_128_GCM2" | "AES_256_GCM2";
        /** The name of a key: AGORA_ENCRYPTION_SECRET_<key>. */
        key: string;
    };
    /** Has Agora upload captions, which a transcript is made from. */
    captions?: {
        sliceSeconds?: number;
    };
    /** The session ends itself after this long without a speaker. */
    maxIdleSeconds?: number;
} | {
    provider: "videosdk";
    /** The caller's own id of the session; the natural one where it is left out. */
    id?: string;
    /** The caller's own labels, stored as they are. */
    metadata?: {
        [key: string]: string | {
            [key: string]: string;
        };
    };
    /** The session ends itself after this long; 0 = never. */
    maxDurationSeconds?: number;
    /** Who is told what happens to the session, as Standard Webhooks: an https URL at a public address. */
    callbackUrl?: string;
    roomId: string;
    /** The language spoken, as a BCP 47 tag. */
    language?: string;
    /** The vendor's model that transcribes. */
    modelId?: string;
    /** A summary of the transcript, by the vendor. */
    summary?: {
        enabled: boolean;
        prompt?: string;
    };
    /** Where VideoSDK's own webhooks go instead of to us, who then learn of an end only by asking. */
    webhookUrl?: string;
} | {
    provider: "amazon-transcribe";
    /** The caller's own id of the session; the natural one where it is left out. */
    id?: string;
    /** The caller's own labels, stored as they are. */
    metadata?: {
        [key: string]: string | {
            [key: string]: string;
        };
    };
    /** The session fails after this long; 0 = never. */
    maxDurationSeconds?: number;
    /** Who is told what happens to the session, as Standard Webhooks: an https URL at a public address. */
    callbackUrl?: string;
    /** The recording: an object in the caller's own bucket, or a URL. */
    media: string;
    /** How many channels there are with a speaker each; more than 2 in a WAV file only, which is split. */
    channels?: number;
    /** The language spoken. */
    languageCode?: "ab-GE" | "af-ZA" | "am-ET" | "ar-AE" | "ar-SA" | "ast-ES" | "az-AZ" | "ba-RU" | "be-BY" | "bg-BG" | "bn-IN" | "bs-BA" | "ca-ES" | "ckb-IQ" | "ckb-IR" | "cs-CZ" | "cy-GB" | "cy-WL" | "da-DK" | "de-CH" | "de-DE" | "el-GR" | "en-AB" | "en-AU" | "en-GB" | "en-IE" | "en-IN" | "en-NZ" | "en-US" | "en-WL" | "en-ZA" | "es-ES" | "es-MX" | "es-US" | "et-EE" | "et-ET" | "eu-ES" | "fa-AF" | "fa-IR" | "fi-FI" | "fr-CA" | "fr-FR" | "ga-IE" | "gd-GB" | "gl-ES" | "gu-IN" | "ha-NG" | "he-IL" | "hi-IN" | "hr-HR" | "ht-HT" | "hu-HU" | "hy-AM" | "id-ID" | "is-IS" | "it-IT" | "ja-JP" | "jv-ID" | "kab-DZ" | "ka-GE" | "kk-KZ" | "km-KH" | "kn-IN" | "ko-KR" | "ky-KG" | "lg-IN" | "lt-LT" | "lv-LV" | "mhr-RU" | "mi-NZ" | "mk-MK" | "ml-IN" | "mn-MN" | "mr-IN" | "ms-MY" | "mt-MT" | "my-MM" | "ne-NP" | "nl-NL" | "no-NO" | "or-IN" | "pa-IN" | "pl-PL" | "ps-AF" | "pt-BR" | "pt-PT" | "ro-RO" | "ru-RU" | "rw-RW" | "si-LK" | "sk-SK" | "sl-SI" | "so-SO" | "sq-AL" | "sr-RS" | "su-ID" | "sv-SE" | "sw-BI" | "sw-KE" | "sw-RW" | "sw-TZ" | "sw-UG" | "ta-IN" | "te-IN" | "th-TH" | "tl-PH" | "tr-TR" | "tt-RU" | "ug-CN" | "uk-UA" | "uz-UZ" | "vi-VN" | "wo-SN" | "zh-CN" | "zh-HK" | "zh-TW" | "zu-ZA";
    /** Finds out which one language is spoken. */
    identifyLanguage?: true;
    /** Finds out which languages are spoken. */
    identifyMultipleLanguages?: true;
    /** The languages to choose from; 2 to 5 are advised. */
    languageOptions?: ("ab-GE" | "af-ZA" | "am-ET" | "ar-AE" | "ar-SA" | "ast-ES" | "az-AZ" | "ba-RU" | "be-BY" | "bg-BG" | "bn-IN" | "bs-BA" | "ca-ES" | "ckb-IQ" | "ckb-IR" | "cs-CZ" | "cy-GB" | "cy-WL" | "da-DK" | "de-CH" | "de-DE" | "el-GR" | "en-AB" | "en-AU" | "en-GB" | "en-IE" | "en-IN" | "en-NZ" | "en-US" | "en-WL" | "en-ZA" | "es-ES" | "es-MX" | "es-US" | "et-EE" | "et-ET" | "eu-ES" | "fa-AF" | "fa-IR" | "fi-FI" | "fr-CA" | "fr-FR" | "ga-IE" | "gd-GB" | "gl-ES" | "gu-IN" | "ha-NG" | "he-IL" | "hi-IN" | "hr-HR" | "ht-HT" | "hu-HU" | "hy-AM" | "id-ID" | "is-IS" | "it-IT" | "ja-JP" | "jv-ID" | "kab-DZ" | "ka-GE" | "kk-KZ" | "km-KH" | "kn-IN" | "ko-KR" | "ky-KG" | "lg-IN" | "lt-LT" | "lv-LV" | "mhr-RU" | "mi-NZ" | "mk-MK" | "ml-IN" | "mn-MN" | "mr-IN" | "ms-MY" | "mt-MT" | "my-MM" | "ne-NP" | "nl-NL" | "no-NO" | "or-IN" | "pa-IN" | "pl-PL" | "ps-AF" | "pt-BR" | "pt-PT" | "ro-RO" | "ru-RU" | "rw-RW" | "si-LK" | "sk-SK" | "sl-SI" | "so-SO" | "sq-AL" | "sr-RS" | "su-ID" | "sv-SE" | "sw-BI" | "sw-KE" | "sw-RW" | "sw-TZ" | "sw-UG" | "ta-IN" | "te-IN" | "th-TH" | "tl-PH" | "tr-TR" | "tt-RU" | "ug-CN" | "uk-UA" | "uz-UZ" | "vi-VN" | "wo-SN" | "zh-CN" | "zh-HK" | "zh-TW" | "zu-ZA")[];
    /** How many speakers at most are told apart by their voices. */
    speakers?: number;
    /** A custom vocabulary. */
    vocabularyName?: string;
    /** Words to remove, to mask or to tag. */
    vocabularyFilter?: {
        name: string;
        method: "mask" | "remove" | "tag";
    };
    /** Which personal data are redacted; all types where none is named. */
    redaction?: {
        types?: ("ADDRESS" | "AGE" | "ALL" | "AWS_ACCESS_KEY" | "AWS_SECRET_KEY" | "BANK_ACCOUNT_NUMBER" | "BANK_ROUTING" | "CA_HEALTH_NUMBER" | "CA_SOCIAL_INSURANCE_NUMBER" | "CREDIT_DEBIT_CVV" | "CREDIT_DEBIT_EXPIRY" | "CREDIT_DEBIT_NUMBER" | "DATE_TIME" | "DRIVER_ID" | "EMAIL" | "INTERNATIONAL_BANK_ACCOUNT_NUMBER" | "IP_ADDRESS" | "LICENSE_PLATE" | "MAC_ADDRESS" | "NAME" | "PASSPORT_NUMBER" | "PASSWORD" | "PHONE" | "PIN" | "SSN" | "SWIFT_CODE" | "URL" | "USERNAME" | "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER" | "VEHICLE_IDENTIFICATION_NUMBER")[];
        output: "redacted" | "redacted_and_unredacted";
    };
    /** Files that Transcribe writes beside the transcript's. */
    subtitles?: ("srt" | "vtt")[];
    /** The key that encrypts the job's files. */
    kmsKeyId?: string;
    /** Queues the job where too many are running, with a role that may read. */
    deferred?: {
        roleArn: string;
    };
}, { idempotencyKey, prefer }: {
    idempotencyKey?: string;
    prefer?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Session;
    } | {
        status: 201;
        data: Session;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 422;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>("/v1/sessions", oazapfts.json({
        ...opts,
        method: "POST",
        body,
        headers: oazapfts.mergeHeaders(opts?.headers, {
            "idempotency-key": idempotencyKey,
            prefer
        })
    }));
}
/**
 * List sessions
 */
export function listSessions({ provider, status, channel, startedSince, changedSince, metadata, pageSize, pageToken }: {
    provider?: "agora" | "agora-legacy" | "videosdk" | "amazon-transcribe";
    status?: "starting" | "running" | "transcribing" | "stopping" | "stopped" | "completed" | "failed";
    channel?: string;
    startedSince?: string;
    changedSince?: string;
    metadata?: string[];
    pageSize?: number;
    pageToken?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: SessionPage;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions${QS.query(QS.explode({
        provider,
        status,
        channel,
        startedSince,
        changedSince,
        metadata,
        pageSize,
        pageToken
    }))}`, {
        ...opts
    });
}
/**
 * Read a session
 */
export function getSession(id: string, { runId }: {
    runId?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Session;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}${QS.query(QS.explode({
        runId
    }))}`, {
        ...opts
    });
}
/**
 * Erase a session that is over
 */
export function eraseSession(id: string, { prefer }: {
    prefer?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Erasure;
    } | {
        status: 204;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}`, {
        ...opts,
        method: "DELETE",
        headers: oazapfts.mergeHeaders(opts?.headers, {
            prefer
        })
    });
}
/**
 * Change a live session
 */
export function changeSession(id: string, body: {
    /** The languages spoken, as BCP 47 tags. Two or more turn language detection on. */
    languages?: string[];
    /** The UIDs to transcribe, or ["all"]. */
    subscribeAudioUids?: string[];
    /** Languages of single speakers, instead of the session's; each UID once. */
    uidLanguages?: {
        /** A UID, in decimal. */
        uid: string;
        languages: string[];
    }[];
    /** What is translated, and into what; each source once. */
    translation?: {
        source: string;
        targets: string[];
    }[];
    /** Words to listen for. */
    keywords?: string[];
    /** The UID of somebody who came back with another one. */
    replaceAudioUid?: {
        /** A UID, in decimal. */
        "from": string;
        /** A UID, in decimal. */
        to: string;
    };
    /** UIDs to transcribe too. */
    addAudioUids?: string[];
    /** UIDs to transcribe no longer. */
    removeAudioUids?: string[];
}, { idempotencyKey, prefer }: {
    idempotencyKey?: string;
    prefer?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Session;
    } | {
        status: 202;
        data: Session;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 422;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 501;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}`, oazapfts.json({
        ...opts,
        method: "PATCH",
        body,
        headers: oazapfts.mergeHeaders(opts?.headers, {
            "idempotency-key": idempotencyKey,
            prefer
        })
    }));
}
/**
 * Stop a session
 */
export function stopSession(id: string, { prefer }: {
    prefer?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Session;
    } | {
        status: 202;
        data: Session;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}/stop`, {
        ...opts,
        method: "POST",
        headers: oazapfts.mergeHeaders(opts?.headers, {
            prefer
        })
    });
}
/**
 * List the deliveries of a session's callbacks
 */
export function listDeliveries(id: string, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: {
            deliveries: Delivery[];
        };
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}/deliveries`, {
        ...opts
    });
}
/**
 * Send a callback again
 */
export function replayDelivery(id: string, deliveryId: string, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 202;
        data: Delivery;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 413;
        data: Problem;
    } | {
        status: 415;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(deliveryId)}/replay`, {
        ...opts,
        method: "POST"
    });
}
/**
 * Explain a session
 */
export function explainSession(id: string, { runId }: {
    runId?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Explanation;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}/explain${QS.query(QS.explode({
        runId
    }))}`, {
        ...opts
    });
}
/**
 * Read what was said
 */
export function getTranscript(id: string, { format, runId }: {
    format?: "json" | "txt" | "vtt" | "srt";
    runId?: string;
} = {}, opts?: Oazapfts.RequestOpts) {
    return oazapfts.fetchJson<{
        status: 200;
        data: Transcript;
    } | {
        status: 400;
        data: Problem;
    } | {
        status: 401;
        data: Problem;
    } | {
        status: 403;
        data: Problem;
    } | {
        status: 404;
        data: Problem;
    } | {
        status: 406;
        data: Problem;
    } | {
        status: 409;
        data: Problem;
    } | {
        status: 410;
        data: Problem;
    } | {
        status: 429;
        data: Problem;
    } | {
        status: 500;
        data: Problem;
    } | {
        status: 503;
        data: Problem;
    }>(`/v1/sessions/${encodeURIComponent(id)}/transcript${QS.query(QS.explode({
        format,
        runId
    }))}`, {
        ...opts
    });
}
