/** Keys of `config.json` that say how a model was made, is loaded or generates, not what its forward pass computes. */
const keys = new Set(
  `architectures model_type torch_dtype dtype transformers_version use_cache initializer_range pretraining_tp
  quantization_config auto_map name_or_path tokenizer_class tokenizer_name tokenizer_max_length model_max_length
  task_specific_params id2label label2id problem_type finetuning_task num_labels classifier_activation prefix
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj reorder_and_upcast_attn
  output_attentions output_hidden_states output_scores return_dict return_dict_in_generate torchscript use_bfloat16
  is_decoder tf_legacy_loss gradient_checkpointing chunk_size_feed_forward max_length min_length do_sample early_stopping
  num_beams num_beam_groups diversity_penalty temperature top_k top_p typical_p repetition_penalty length_penalty
  no_repeat_ngram_size encoder_no_repeat_ngram_size num_return_sequences sep_token_id decoder_start_token_id
  forced_bos_token_id forced_eos_token_id suppress_tokens begin_suppress_tokens bad_words_ids unk_token_id
  is_llama_config attn_implementation cache_implementation unsloth_fixed license language loss_type`.split(/\s+/),
);

/** Dropout takes part in training alone; what begins with an underscore, and versions, belong to programs. */
const patterns = /^_|dropout|_pdrop$|_version$/;

export function isHarmlessConfigKey(key: string): boolean {
  return keys.has(key) || patterns.test(key);
}
