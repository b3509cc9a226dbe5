import { ToolbarButton, ToolbarMenu, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { newKey, prepare, type Seen } from './draft';
import { examples } from './examples';

interface Props {
  /** What the answers so far have shown. */
  seen: () => Seen;
}

/** Toolbar: puts key, price and order into the variables; opens an example in a new tab. */
export function OrderTools({ seen }: Props) {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));

  const prepareOrder = () => variableEditor?.setValue(prepare(variableEditor.getValue(), seen()));
  const open = (index: number) => {
    const example = examples(newKey())[index];
    if (!example) return;
    addTab();
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(example.variables);
  };

  return (
    <>
      <ToolbarButton label="Prepare order: a fresh key, and the price or order last seen" onClick={prepareOrder}>
        <Icon path="M2.5 6.5h11l-1.2 7h-8.6zM5 6.5l2-4M11 6.5l-2-4M6.5 9v2.5M9.5 9v2.5" />
      </ToolbarButton>
      <ToolbarMenu
        button={
          <ToolbarButton label="Examples">
            <Icon path="M3 3.5h10M3 8h10M3 12.5h6" />
          </ToolbarButton>
        }
      >
        {examples('').map(({ title }, index) => (
          <ToolbarMenu.Item key={title} onSelect={() => open(index)}>
            {title}
          </ToolbarMenu.Item>
        ))}
      </ToolbarMenu>
    </>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.3" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
