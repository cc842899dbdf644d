//! `fab inspect`.

use serde_json::{Value, json};

use super::Deployed;

#[test]
fn an_actor_is_shown_with_its_state_as_it_is_and_as_it_was() {
    let Deployed { dev, dao, bob, .. } = Deployed::new();
    let height = dev.ask("ChainHead", json!([]))["Height"].to_string();
    let minter = json!({ "role": "Minter", "account": bob }).to_string();
    dev.prints(&["invoke", &dao, "GrantRole", &minter]);
    let heard = dev.fab(&["inspect", &dao]);
    heard.end.unwrap();
    for fact in ["actor     datadao\n", "balance   0 FIL\n", "nonce     0\n"] {
        assert!(heard.aside.contains(fact), "{}", heard.aside);
    }
    let state: Value = serde_json::from_str(&heard.out).unwrap();
    assert_eq!(state["cold"]["roles"].as_object().unwrap().len(), 2);
    let before = dev.prints(&["inspect", &dao, "--at", &height]);
    assert_eq!(before["cold"]["roles"].as_object().unwrap().len(), 1);
    assert_eq!(state["token"]["holders"], json!({}));

    let told = dev.fails(&["inspect", &dao, "--at", "1"]);
    assert!(told.contains("no actor is at") && told.contains("in epoch 1"), "{told}");
    let market = dev.fab(&["inspect", "t05"]);
    assert!(market.aside.contains("actor     storagemarket\n"), "{}", market.aside);
    assert!(market.aside.ends_with("as it lies on chain\n"), "{}", market.aside);
    assert!(market.out.starts_with('['), "its state is not described: {}", market.out);
    let account = dev.prints(&["inspect", &bob]);
    assert_eq!(account, json!({ "Address": bob }));
}
