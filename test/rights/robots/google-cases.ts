/**
 * The public test cases of Google's parser of robots.txt (github.com/google/robotstxt, robots_test.cc), re-typed as data: a
 * robots.txt, and for each robot and URL whether it is allowed there.
 */
export interface GoogleCase {
  readonly test: string;
  readonly lines: readonly string[];
  readonly checks: readonly (readonly [robot: string, url: string, isAllowed: boolean])[];
}

export const GOOGLE_CASES: readonly GoogleCase[] = [
  {
    test: 'GoogleOnly_SystemTest',
    lines: [],
    checks: [['FooBot', '', true]],
  },
  {
    test: 'GoogleOnly_SystemTest',
    lines: ['user-agent: FooBot', 'disallow: /'],
    checks: [
      ['', '', true],
      ['FooBot', '', false],
    ],
  },
  {
    test: 'GoogleOnly_SystemTest',
    lines: [],
    checks: [['', '', true]],
  },
  {
    test: 'ID_LineSyntax_Line',
    lines: ['user-agent: FooBot', 'disallow: /'],
    checks: [['FooBot', 'http://foo.bar/x/y', false]],
  },
  {
    test: 'ID_LineSyntax_Line',
    lines: ['foo: FooBot', 'bar: /'],
    checks: [['FooBot', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_LineSyntax_Line',
    lines: ['user-agent FooBot', 'disallow /'],
    checks: [['FooBot', 'http://foo.bar/x/y', false]],
  },
  {
    test: 'ID_LineSyntax_Groups',
    lines: [
      'allow: /foo/bar/',
      '',
      'user-agent: FooBot',
      'disallow: /',
      'allow: /x/',
      'user-agent: BarBot',
      'disallow: /',
      'allow: /y/',
      '',
      '',
      'allow: /w/',
      'user-agent: BazBot',
      '',
      'user-agent: FooBot',
      'allow: /z/',
      'disallow: /',
    ],
    checks: [
      ['FooBot', 'http://foo.bar/x/b', true],
      ['FooBot', 'http://foo.bar/z/d', true],
      ['FooBot', 'http://foo.bar/y/c', false],
      ['BarBot', 'http://foo.bar/y/c', true],
      ['BarBot', 'http://foo.bar/w/a', true],
      ['BarBot', 'http://foo.bar/z/d', false],
      ['BazBot', 'http://foo.bar/z/d', true],
      ['FooBot', 'http://foo.bar/foo/bar/', false],
      ['BarBot', 'http://foo.bar/foo/bar/', false],
      ['BazBot', 'http://foo.bar/foo/bar/', false],
    ],
  },
  {
    test: 'ID_LineSyntax_Groups_OtherRules',
    lines: ['User-agent: BarBot', 'Sitemap: https://foo.bar/sitemap', 'User-agent: *', 'Disallow: /'],
    checks: [
      ['FooBot', 'http://foo.bar/', false],
      ['BarBot', 'http://foo.bar/', false],
    ],
  },
  {
    test: 'ID_LineSyntax_Groups_OtherRules',
    lines: ['User-agent: FooBot', 'Invalid-Unknown-Line: unknown', 'User-agent: *', 'Disallow: /'],
    checks: [
      ['FooBot', 'http://foo.bar/', false],
      ['BarBot', 'http://foo.bar/', false],
    ],
  },
  {
    test: 'ID_REPLineNamesCaseInsensitive',
    lines: ['USER-AGENT: FooBot', 'ALLOW: /x/', 'DISALLOW: /'],
    checks: [['FooBot', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_REPLineNamesCaseInsensitive',
    lines: ['user-agent: FooBot', 'allow: /x/', 'disallow: /'],
    checks: [['FooBot', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_REPLineNamesCaseInsensitive',
    lines: ['uSeR-aGeNt: FooBot', 'AlLoW: /x/', 'dIsAlLoW: /'],
    checks: [['FooBot', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_REPLineNamesCaseInsensitive',
    lines: ['USER-AGENT: FooBot', 'ALLOW: /x/', 'DISALLOW: /'],
    checks: [['FooBot', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_REPLineNamesCaseInsensitive',
    lines: ['user-agent: FooBot', 'allow: /x/', 'disallow: /'],
    checks: [['FooBot', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_REPLineNamesCaseInsensitive',
    lines: ['uSeR-aGeNt: FooBot', 'AlLoW: /x/', 'dIsAlLoW: /'],
    checks: [['FooBot', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FOO BAR', 'Allow: /x/', 'Disallow: /'],
    checks: [['Foo', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: foo bar', 'Allow: /x/', 'Disallow: /'],
    checks: [['Foo', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FoO bAr', 'Allow: /x/', 'Disallow: /'],
    checks: [['Foo', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FOO BAR', 'Allow: /x/', 'Disallow: /'],
    checks: [['Foo', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: foo bar', 'Allow: /x/', 'Disallow: /'],
    checks: [['Foo', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FoO bAr', 'Allow: /x/', 'Disallow: /'],
    checks: [['Foo', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FOO BAR', 'Allow: /x/', 'Disallow: /'],
    checks: [['foo', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: foo bar', 'Allow: /x/', 'Disallow: /'],
    checks: [['foo', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FoO bAr', 'Allow: /x/', 'Disallow: /'],
    checks: [['foo', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FOO BAR', 'Allow: /x/', 'Disallow: /'],
    checks: [['foo', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: foo bar', 'Allow: /x/', 'Disallow: /'],
    checks: [['foo', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'ID_UserAgentValueCaseInsensitive',
    lines: ['User-Agent: FoO bAr', 'Allow: /x/', 'Disallow: /'],
    checks: [['foo', 'http://foo.bar/a/b', false]],
  },
  {
    test: 'GoogleOnly_AcceptUserAgentUpToFirstSpace',
    lines: ['User-Agent: *', 'Disallow: /', 'User-Agent: Foo Bar', 'Allow: /x/', 'Disallow: /'],
    checks: [
      ['Foo', 'http://foo.bar/x/y', true],
      ['Foo Bar', 'http://foo.bar/x/y', false],
    ],
  },
  {
    test: 'ID_GlobalGroups_Secondary',
    lines: [],
    checks: [['FooBot', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_GlobalGroups_Secondary',
    lines: ['user-agent: *', 'allow: /', 'user-agent: FooBot', 'disallow: /'],
    checks: [
      ['FooBot', 'http://foo.bar/x/y', false],
      ['BarBot', 'http://foo.bar/x/y', true],
    ],
  },
  {
    test: 'ID_GlobalGroups_Secondary',
    lines: [
      'user-agent: FooBot',
      'allow: /',
      'user-agent: BarBot',
      'disallow: /',
      'user-agent: BazBot',
      'disallow: /',
    ],
    checks: [['QuxBot', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_AllowDisallow_Value_CaseSensitive',
    lines: ['user-agent: FooBot', 'disallow: /x/'],
    checks: [['FooBot', 'http://foo.bar/x/y', false]],
  },
  {
    test: 'ID_AllowDisallow_Value_CaseSensitive',
    lines: ['user-agent: FooBot', 'disallow: /X/'],
    checks: [['FooBot', 'http://foo.bar/x/y', true]],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'disallow: /x/page.html', 'allow: /x/'],
    checks: [['FooBot', 'http://foo.bar/x/page.html', false]],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'allow: /x/page.html', 'disallow: /x/'],
    checks: [
      ['FooBot', 'http://foo.bar/x/page.html', true],
      ['FooBot', 'http://foo.bar/x/', false],
    ],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'disallow: ', 'allow: '],
    checks: [['FooBot', 'http://foo.bar/x/page.html', true]],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'disallow: /', 'allow: /'],
    checks: [['FooBot', 'http://foo.bar/x/page.html', true]],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'disallow: /x', 'allow: /x/'],
    checks: [
      ['FooBot', 'http://foo.bar/x', false],
      ['FooBot', 'http://foo.bar/x/', true],
    ],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'disallow: /x/page.html', 'allow: /x/page.html'],
    checks: [['FooBot', 'http://foo.bar/x/page.html', true]],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'allow: /page', 'disallow: /*.html'],
    checks: [
      ['FooBot', 'http://foo.bar/page.html', false],
      ['FooBot', 'http://foo.bar/page', true],
    ],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['user-agent: FooBot', 'allow: /x/page.', 'disallow: /*.html'],
    checks: [
      ['FooBot', 'http://foo.bar/x/page.html', true],
      ['FooBot', 'http://foo.bar/x/y.html', false],
    ],
  },
  {
    test: 'ID_LongestMatch',
    lines: ['User-agent: *', 'Disallow: /x/', 'User-agent: FooBot', 'Disallow: /y/'],
    checks: [
      ['FooBot', 'http://foo.bar/x/page', true],
      ['FooBot', 'http://foo.bar/y/page', false],
    ],
  },
  {
    test: 'ID_Encoding',
    lines: ['User-agent: FooBot', 'Disallow: /', 'Allow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par'],
    checks: [['FooBot', 'http://foo.bar/foo/bar?qux=taz&baz=http://foo.bar?tar&par', true]],
  },
  {
    test: 'ID_Encoding',
    lines: ['User-agent: FooBot', 'Disallow: /', 'Allow: /foo/bar/ツ'],
    checks: [
      ['FooBot', 'http://foo.bar/foo/bar/%E3%83%84', true],
      ['FooBot', 'http://foo.bar/foo/bar/ツ', false],
    ],
  },
  {
    test: 'ID_Encoding',
    lines: ['User-agent: FooBot', 'Disallow: /', 'Allow: /foo/bar/%E3%83%84'],
    checks: [
      ['FooBot', 'http://foo.bar/foo/bar/%E3%83%84', true],
      ['FooBot', 'http://foo.bar/foo/bar/ツ', false],
    ],
  },
  {
    test: 'ID_Encoding',
    lines: ['User-agent: FooBot', 'Disallow: /', 'Allow: /foo/bar/%62%61%7A'],
    checks: [
      ['FooBot', 'http://foo.bar/foo/bar/baz', false],
      ['FooBot', 'http://foo.bar/foo/bar/%62%61%7A', true],
    ],
  },
  {
    test: 'ID_SpecialCharacters',
    lines: ['User-agent: FooBot', 'Disallow: /foo/bar/quz', 'Allow: /foo/*/qux'],
    checks: [
      ['FooBot', 'http://foo.bar/foo/bar/quz', false],
      ['FooBot', 'http://foo.bar/foo/quz', true],
      ['FooBot', 'http://foo.bar/foo//quz', true],
      ['FooBot', 'http://foo.bar/foo/bax/quz', true],
    ],
  },
  {
    test: 'ID_SpecialCharacters',
    lines: ['User-agent: FooBot', 'Disallow: /foo/bar$', 'Allow: /foo/bar/qux'],
    checks: [
      ['FooBot', 'http://foo.bar/foo/bar', false],
      ['FooBot', 'http://foo.bar/foo/bar/qux', true],
      ['FooBot', 'http://foo.bar/foo/bar/', true],
      ['FooBot', 'http://foo.bar/foo/bar/baz', true],
    ],
  },
  {
    test: 'ID_SpecialCharacters',
    lines: ['User-agent: FooBot', '# Disallow: /', 'Disallow: /foo/quz#qux', 'Allow: /'],
    checks: [
      ['FooBot', 'http://foo.bar/foo/bar', true],
      ['FooBot', 'http://foo.bar/foo/quz', false],
    ],
  },
  {
    test: 'GoogleOnly_IndexHTMLisDirectory',
    lines: ['User-Agent: *', 'Allow: /allowed-slash/index.html', 'Disallow: /'],
    checks: [
      ['foobot', 'http://foo.com/allowed-slash/', true],
      ['foobot', 'http://foo.com/allowed-slash/index.htm', false],
      ['foobot', 'http://foo.com/allowed-slash/index.html', true],
      ['foobot', 'http://foo.com/anyother-url', false],
    ],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'disallow: /', 'allow: /fish'],
    checks: [
      ['FooBot', 'http://foo.bar/bar', false],
      ['FooBot', 'http://foo.bar/fish', true],
      ['FooBot', 'http://foo.bar/fish.html', true],
      ['FooBot', 'http://foo.bar/fish/salmon.html', true],
      ['FooBot', 'http://foo.bar/fishheads', true],
      ['FooBot', 'http://foo.bar/fishheads/yummy.html', true],
      ['FooBot', 'http://foo.bar/fish.html?id=anything', true],
      ['FooBot', 'http://foo.bar/Fish.asp', false],
      ['FooBot', 'http://foo.bar/catfish', false],
      ['FooBot', 'http://foo.bar/?id=fish', false],
    ],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'disallow: /', 'allow: /fish*'],
    checks: [
      ['FooBot', 'http://foo.bar/bar', false],
      ['FooBot', 'http://foo.bar/fish', true],
      ['FooBot', 'http://foo.bar/fish.html', true],
      ['FooBot', 'http://foo.bar/fish/salmon.html', true],
      ['FooBot', 'http://foo.bar/fishheads', true],
      ['FooBot', 'http://foo.bar/fishheads/yummy.html', true],
      ['FooBot', 'http://foo.bar/fish.html?id=anything', true],
      ['FooBot', 'http://foo.bar/Fish.bar', false],
      ['FooBot', 'http://foo.bar/catfish', false],
      ['FooBot', 'http://foo.bar/?id=fish', false],
    ],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'disallow: /', 'allow: /fish/'],
    checks: [
      ['FooBot', 'http://foo.bar/bar', false],
      ['FooBot', 'http://foo.bar/fish/', true],
      ['FooBot', 'http://foo.bar/fish/salmon', true],
      ['FooBot', 'http://foo.bar/fish/?salmon', true],
      ['FooBot', 'http://foo.bar/fish/salmon.html', true],
      ['FooBot', 'http://foo.bar/fish/?id=anything', true],
      ['FooBot', 'http://foo.bar/fish', false],
      ['FooBot', 'http://foo.bar/fish.html', false],
      ['FooBot', 'http://foo.bar/Fish/Salmon.html', false],
    ],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'disallow: /', 'allow: /*.php'],
    checks: [
      ['FooBot', 'http://foo.bar/bar', false],
      ['FooBot', 'http://foo.bar/filename.php', true],
      ['FooBot', 'http://foo.bar/folder/filename.php', true],
      ['FooBot', 'http://foo.bar/folder/filename.php?parameters', true],
      ['FooBot', 'http://foo.bar//folder/any.php.file.html', true],
      ['FooBot', 'http://foo.bar/filename.php/', true],
      ['FooBot', 'http://foo.bar/index?f=filename.php/', true],
      ['FooBot', 'http://foo.bar/php/', false],
      ['FooBot', 'http://foo.bar/index?php', false],
      ['FooBot', 'http://foo.bar/windows.PHP', false],
    ],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'disallow: /', 'allow: /*.php$'],
    checks: [
      ['FooBot', 'http://foo.bar/bar', false],
      ['FooBot', 'http://foo.bar/filename.php', true],
      ['FooBot', 'http://foo.bar/folder/filename.php', true],
      ['FooBot', 'http://foo.bar/filename.php?parameters', false],
      ['FooBot', 'http://foo.bar/filename.php/', false],
      ['FooBot', 'http://foo.bar/filename.php5', false],
      ['FooBot', 'http://foo.bar/php/', false],
      ['FooBot', 'http://foo.bar/filename?php', false],
      ['FooBot', 'http://foo.bar/aaaphpaaa', false],
      ['FooBot', 'http://foo.bar//windows.PHP', false],
    ],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'disallow: /', 'allow: /fish*.php'],
    checks: [
      ['FooBot', 'http://foo.bar/bar', false],
      ['FooBot', 'http://foo.bar/fish.php', true],
      ['FooBot', 'http://foo.bar/fishheads/catfish.php?parameters', true],
      ['FooBot', 'http://foo.bar/Fish.PHP', false],
    ],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'allow: /p', 'disallow: /'],
    checks: [['FooBot', 'http://example.com/page', true]],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'allow: /folder', 'disallow: /folder'],
    checks: [['FooBot', 'http://example.com/folder/page', true]],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'allow: /page', 'disallow: /*.htm'],
    checks: [['FooBot', 'http://example.com/page.htm', false]],
  },
  {
    test: 'GoogleOnly_DocumentationChecks',
    lines: ['user-agent: FooBot', 'allow: /$', 'disallow: /'],
    checks: [
      ['FooBot', 'http://example.com/', true],
      ['FooBot', 'http://example.com/page.html', false],
    ],
  },
];
