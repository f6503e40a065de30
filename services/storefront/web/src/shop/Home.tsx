export function Component() {
  return <h1>商店街</h1>;
}
