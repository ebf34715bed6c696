// Who looks up a symbol wants to see it used, and who knows the original wants to know which part of it this is. So the doc comment of what is exported has
// an example, and says where the concept comes from: of a function each signature's, since an editor shows that of the one which is called.
import { ReflectionKind } from 'typedoc';

/**
 * @param {import('typedoc').ProjectReflection} project A package, as typedoc has read it.
 * @param {string} name That of the package.
 * @param {import('typedoc').Reflection} entry What exports the symbols: the project itself, or a module of it.
 * @param {readonly import('typedoc').DeclarationReflection[]} symbols
 * @returns {string[]} What is wrong, a line each.
 */
export function brokenComments(project, name, entry, symbols) {
  return symbols.flatMap((symbol) => {
    // What comes from another package, or from another entry, has its comment there.
    if (symbol.isReference() || (project.getSymbolIdFromReflection(symbol)?.packageName ?? name) !== name) return [];
    const kind = ReflectionKind.singularString(symbol.kind).toLowerCase();
    const commented = (symbol.kindOf(ReflectionKind.Function) && symbol.signatures) || [symbol];
    return commented.flatMap(({ comment }, index) => {
      const parts = [...(comment?.summary ?? []), ...(comment?.blockTags ?? []).flatMap(({ content }) => content)];
      const text = parts.map((part) => part.text).join('');
      const lacks = [];
      if (!comment?.getTag('@example')?.content.some((part) => part.kind === 'code')) lacks.push('an `@example`');
      if (!/^Source: \S/m.test(text)) lacks.push('a line `Source: ...`');
      const which = commented.length === 1 ? '' : `, signature ${index + 1}`;
      return lacks.map((what) => `${entry.name}: the ${kind} ${symbol.name}${which} lacks ${what}.`);
    });
  });
}
