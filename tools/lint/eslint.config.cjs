/** The rules of ESLint's own set, and those the OCA adds that find mistakes. */
const js = require("@eslint/js");
const globals = require("globals");

const mistakes = [
  "array-callback-return",
  "dot-notation",
  "eqeqeq",
  "no-alert",
  "no-array-constructor",
  "no-caller",
  "no-duplicate-imports",
  "no-else-return",
  "no-empty-function",
  "no-eval",
  "no-extend-native",
  "no-implicit-coercion",
  "no-implied-eval",
  "no-lonely-if",
  "no-new",
  "no-new-func",
  "no-new-wrappers",
  "no-return-assign",
  "no-script-url",
  "no-self-compare",
  "no-sequences",
  "no-shadow",
  "no-throw-literal",
  "no-unmodified-loop-condition",
  "no-unneeded-ternary",
  "no-unused-expressions",
  "no-use-before-define",
  "no-useless-call",
  "no-useless-concat",
  "no-useless-rename",
  "no-var",
  "prefer-const",
  "radix",
  "yoda",
];

module.exports = [
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "module",
      globals: {...globals.browser, odoo: "readonly", luxon: "readonly"},
    },
    rules: {
      ...Object.fromEntries(mistakes.map((rule) => [rule, "error"])),
      complexity: ["error", 15],
      "max-depth": ["error", 4],
    },
  },
  {
    files: ["**/static/tests/**/*.js"],
    languageOptions: {globals: {...globals.browser}},
    rules: {"no-empty-function": "off"},
  },
];
