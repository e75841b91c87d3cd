// How parts of pages are fetched and put in, on all pages alike.
"use strict";

Object.assign(htmx.config, {
  // What is put in works at once: a form that is sent before would leave the page.
  defaultSettleDelay: 0,
  // The content security policy forbids both.
  includeIndicatorStyles: false,
  allowEval: false,
  selfRequestsOnly: true,
  // A page holds personal data, which has no place in the storage of the browser.
  historyCacheSize: 0,
});
