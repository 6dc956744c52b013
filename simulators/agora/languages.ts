/** The codes in "Supported languages" of Agora's Real-Time STT guide; translation takes the same. */
const SUPPORTED = new Set(
  `af-ZA am-ET ar-AE ar-BH ar-DZ ar-EG ar-IL ar-IQ ar-JO ar-KW ar-LB ar-LY ar-MA ar-OM ar-PS ar-QA
   ar-SA ar-SY ar-TN ar-YE as-IN az-AZ be-BY bg-BG bn-IN bs-BA ca-ES cmn-CN cs-CZ cy-GB da-DK de-AT
   de-CH de-DE el-GR en-AU en-CA en-GB en-GH en-HK en-IE en-IN en-KE en-NG en-NZ en-PH en-SG en-TZ
   en-US en-ZA es-AR es-BO es-CL es-CO es-CR es-CU es-DO es-EC es-ES es-GQ es-GT es-HN es-MX es-NI
   es-PA es-PE es-PR es-PY es-SV es-US es-UY es-VE et-EE eu-ES fa-IR fi-FI fil-PH fr-BE fr-CA fr-CH
   fr-FR ga-IE gl-ES gu-IN he-IL hi-IN hr-HR hsn-CN hu-HU hy-AM id-ID is-IS it-CH it-IT ja-JP jv-ID
   ka-GE kk-KZ km-KH kn-IN ko-KR lo-LA lt-LT lv-LV mk-MK ml-IN mn-MN mr-IN ms-MY mt-MT my-MM nan-CN
   nb-NO ne-NP nl-BE nl-NL or-IN pa-IN pl-PL ps-AF pt-BR pt-PT ro-RO ru-RU si-LK sk-SK sl-SI so-SO
   sq-AL sr-RS sv-SE sw-KE sw-TZ ta-IN te-IN th-TH tl-PH tr-TR uk-UA ur-IN uz-UZ vi-VN wuu-CN yue-CN
   zh-CN zh-CN-shandong zh-CN-sichuan zh-HK zh-TW zu-ZA`.split(/\s+/),
);

/** Whether Agora transcribes (and translates) this BCP 47 code; the match is case-sensitive. */
export function isSupportedLanguage(code: string): boolean {
  return SUPPORTED.has(code);
}
