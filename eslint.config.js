import tseslint from 'typescript-eslint';

const exports = { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' };
const enums = {
  selector: 'TSEnumDeclaration',
  message: 'Node runs TypeScript by erasing types; use a union of literals.',
};
const bareErrors = {
  selector: "ThrowStatement > NewExpression[callee.name='Error']",
  message: 'Throw an AppError with a code, or assert.',
};
const environment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only src/config.ts and the main files read the environment.',
};
const impure = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Time arrives with the command or the event.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Time arrives with the command or the event.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Replay must give the same state everywhere.',
  },
  {
    selector: 'Identifier[name=/^(process|setTimeout|setInterval|setImmediate|fetch)$/]',
    message: 'This layer has no effects.',
  },
];

/** Files that may be longer or more tangled than the norm, each with the reason. */
const exceptions = [
  // One flat table of routes: splitting a resource's routes over files would hide that they belong together.
  'src/http/routes/*.ts',
  // The composition root: it names every part once.
  'src/platform.ts',
  // One class for one subject, most of it short methods; the alternatives pass its state around.
  'src/runner/runner.ts',
  'src/realtime/hub.ts',
];

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'schemas/generated/',
      'packages/*/dist/',
      'packages/*/src/generated/',
      'test/fixtures/',
      'coverage/',
      '.ihuman/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Both believe the types where values come from skills, or change while an await is pending.
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-restricted-syntax': ['error', exports, enums],
    },
  },
  {
    files: ['src/**/*.ts', 'projections/**/*.ts', 'packages/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', exports, enums, bareErrors, environment],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', { max: 14, variant: 'modified' }],
      'max-depth': ['error', 4],
      'max-params': ['error', 5],
    },
  },
  {
    files: ['src/config.ts', 'src/main.ts', 'src/platform.ts', 'src/*-main.ts', 'src/cli/main.ts'],
    rules: { 'no-restricted-syntax': ['error', exports, enums, bareErrors] },
  },
  {
    files: ['src/domain/**/*.ts', 'projections/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', exports, enums, bareErrors, environment, ...impure] },
  },
  { files: exceptions, rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' } },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'demo/**/*.ts', 'scripts/**/*.ts', 'vitest.config.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  { files: ['vitest.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
