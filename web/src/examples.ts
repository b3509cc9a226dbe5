import cancelOrder from '../examples/cancel-order.graphql?raw';
import cancelOrderVariables from '../examples/cancel-order.json?raw';
import orderPage from '../examples/order-page.graphql?raw';
import placeOrder from '../examples/place-order.graphql?raw';
import placeOrderVariables from '../examples/place-order.json?raw';
import placement from '../examples/placement.graphql?raw';
import placementVariables from '../examples/placement.json?raw';
import quoteCart from '../examples/quote-cart.graphql?raw';
import quoteCartVariables from '../examples/quote-cart.json?raw';
import restaurants from '../examples/restaurants.graphql?raw';
import restaurantsVariables from '../examples/restaurants.json?raw';

/** A ready-made operation; its tab takes the operation's name. */
export interface Example {
  title: string;
  query: string;
  /** JSON text. The first example has none: GraphiQL starts its first tab without variables. */
  variables: string;
}

/** In the files, the nil-like key that stands for one of the page's making. */
const KEY_PLACEHOLDER = '00000000-0000-4000-8000-000000000000';

/** The examples, as a newcomer would go through them, with key for the order that they place. */
export function examples(key: string): Example[] {
  const list: Example[] = [
    { title: 'Order page', query: orderPage, variables: '' },
    { title: 'Restaurants and menus', query: restaurants, variables: restaurantsVariables },
    { title: 'Quote a cart', query: quoteCart, variables: quoteCartVariables },
    { title: 'Place an order', query: placeOrder, variables: placeOrderVariables },
    { title: 'What became of it', query: placement, variables: placementVariables },
    { title: 'Call it off', query: cancelOrder, variables: cancelOrderVariables },
  ];
  return list.map((e) => ({ ...e, variables: e.variables.replaceAll(KEY_PLACEHOLDER, key) }));
}
