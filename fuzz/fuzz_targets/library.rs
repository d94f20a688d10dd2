//! Libraries of requirements, which a coordinator imports: what is accepted hangs together, what is not is said briefly.
#![no_main]

use haubert_risk::library::{MAX_BYTES, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let library = match read(text) {
        Ok(library) => library,
        Err(error) => {
            assert!(error.to_string().len() <= 4096 + 10 * text.len().min(MAX_BYTES));
            return;
        }
    };
    assert!(text.len() <= MAX_BYTES);
    let Some(framework) = library.framework else { return };
    assert!(framework.min_score < framework.max_score);
    for (position, node) in framework.nodes.iter().enumerate() {
        assert!(node.parent.is_none_or(|parent| parent < position), "a heading stands before what is below it");
        assert!(framework.theme(node).parent.is_none());
        for choice in node.questions.iter().flat_map(|question| &question.choices) {
            assert!(choice.score.is_none_or(|score| score <= framework.max_score));
        }
    }
});
