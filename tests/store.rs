//! The contract: every promise of the port, held against every engine.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "store/bench.rs"]
mod bench;
#[path = "store/books.rs"]
mod books;
#[path = "store/bulk.rs"]
mod bulk;
#[path = "store/factors.rs"]
mod factors;
#[path = "store/filters.rs"]
mod filters;
#[path = "store/older.rs"]
mod older;
#[path = "store/pages.rs"]
mod pages;
#[path = "store/passwords.rs"]
mod passwords;
#[path = "store/processes.rs"]
mod processes;
#[path = "store/ranks.rs"]
mod ranks;
#[path = "store/replaced.rs"]
mod replaced;
#[path = "store/sessions.rs"]
mod sessions;
#[path = "store/shared.rs"]
mod shared;
#[path = "store/standing.rs"]
mod standing;
#[path = "store/still.rs"]
mod still;
mod support;
#[path = "store/throttle.rs"]
mod throttle;
#[path = "store/tokens.rs"]
mod tokens;
#[path = "store/upkeep.rs"]
mod upkeep;
#[path = "store/users.rs"]
mod users;
#[path = "store/words.rs"]
mod words;

/// Instantiates every promise for an engine. A promise that is not listed is never called, which the compiler reports.
macro_rules! engine {
    ($engine:ident) => {
        engine! { $engine:
            users {
                a_new_user_is_found_by_id_and_by_name
                a_taken_name_is_refused_whatever_its_case
                only_the_first_is_a_founder
                a_change_writes_one_entry_and_moves_the_version
                doing_it_twice_writes_nothing
                a_stale_version_is_refused_and_says_who
                the_last_admin_stays
                one_of_two_admins_may_go
                going_ends_sessions_and_a_deletion_voids_resets
                an_undone_activation_leaves_no_session_behind
                a_deleted_name_is_free_and_the_last_deleted_comes_first
                nobody_comes_back_under_a_taken_name
                an_unknown_user_is_unknown_to_every_change
                a_purge_erases_the_person_and_what_is_told_of_them
            }
            passwords {
                a_new_password_ends_every_session_and_voids_every_reset
                a_password_is_replaced_only_over_the_hash_that_was_verified
                a_deleted_user_gets_no_password
                a_reset_works_once_and_through_its_last_instant
                a_reset_past_its_time_is_unknown
                a_newer_reset_replaces_the_older_of_the_same_user_only
                a_reset_for_nobody_is_written_and_opens_nothing
                a_reset_activates_nobody
            }
            sessions {
                a_session_is_good_through_its_last_instant
                an_idle_session_is_over
                a_check_tells_of_its_owner_what_a_look_at_them_tells
                opening_looks_again_at_what_the_log_in_stood_on
                a_log_in_is_remembered_and_renews_the_hash
                an_ended_session_is_refused_and_shown_until_its_old_expiry
                an_ended_session_without_expiry_is_shown_for_thirty_days
                ending_twice_is_nothing
                all_sessions_end_only_if_there_are_as_many_as_shown
                a_person_past_their_end_date_is_refused
                uses_are_noted_and_never_go_back
                refusals_are_counted_and_move_the_counter
                live_sessions_come_first_then_the_last_ended
                everybodys_sessions_are_filtered_counted_and_paged
            }
            pages {
                who_stands_still_is_met_exactly_once_while_others_come_and_go
                paging_onward_and_back_meets_the_same_people_in_every_order
                a_page_begins_where_a_vanished_row_would_stand
                beyond_the_last_row_there_is_nothing_but_what_lies_before
                a_count_goes_no_further_than_asked
                a_count_is_right_whoever_changes_something_and_however
            }
            ranks {
                before_each_person_stand_those_who_are_met_before
                before_each_session_stand_those_that_are_met_before
                before_each_entry_stand_those_that_are_met_before
            }
            still {
                sessions_that_stand_still_are_met_once_while_others_come_and_go
                entries_are_met_once_while_more_are_written
                while_it_is_frozen_nothing_is_changed_and_everything_can_be_asked
            }
            bulk {
                a_plan_counts_and_keeps_back_and_writes_nothing
                nobody_takes_their_own_access_among_many
                chosen_people_are_planned_for_in_the_version_that_was_looked_at
                a_batch_is_one_transaction_with_an_answer_and_an_entry_for_each
                a_rehearsed_batch_leaves_nothing
                many_are_changed_in_batches_and_given_back_by_one_record
                many_can_be_stopped_after_any_batch_and_the_rest_is_as_it_was
                many_sessions_are_ended_in_one_transaction_with_an_entry_for_each
            }
            filters {
                the_engine_and_the_plain_meaning_choose_the_same_people
                the_engine_and_the_plain_meaning_choose_the_same_sessions
                a_word_finds_people_whatever_their_accents
                labels_that_people_have_are_named_once_and_in_order
            }
            books {
                entries_come_newest_first_in_pages_and_about_one_person
                an_actor_who_is_a_user_is_named_by_id
                failures_are_counted_by_the_minute_and_told_in_the_history
                settings_are_kept_and_the_same_again_writes_nothing
                reading_moves_no_counter
                a_rehearsal_leaves_nothing
                a_rehearsal_tells_what_would_be_refused
                a_load_writes_people_and_entries_in_order
                a_load_stops_when_told_and_says_how_far_it_came
                a_load_with_a_taken_name_is_refused
                a_load_into_an_empty_store_is_all_or_nothing
                an_interruption_between_two_questions_harms_neither
                a_trail_is_followed_by_actor_deed_and_time
                the_audit_is_paged_onward_and_back_under_every_trail
                passwords_are_counted_by_scheme_and_cost_without_their_salts
                failures_of_everybody_come_a_person_and_a_minute_at_a_time
                an_exported_beginning_goes_when_it_is_old_enough_and_is_remembered
            }
            throttle {
                five_wrong_ones_are_free_and_then_each_waits_longer
                a_try_that_waits_is_not_counted_as_wrong
                a_known_address_has_a_counter_of_its_own
                an_address_is_known_for_thirty_days
                a_success_clears_its_class_alone
                a_challenge_says_who_it_is_and_counts_like_an_attempt
                a_log_in_answers_with_what_is_written_whoever_came_before
                six_attempts_in_flight_hold_the_next_until_one_is_settled
                an_attempt_in_flight_makes_nobody_wait_who_is_shown
                an_attempt_whose_process_is_gone_counts_as_wrong
                an_attempt_that_was_cleared_meanwhile_settles_nothing
                a_name_that_nobody_has_waits_alike
                somebody_who_waits_is_shown_and_found
                an_administrator_clears_every_counter_once
            }
            upkeep {
                what_is_over_goes_in_small_batches
                people_deleted_for_long_are_purged_in_the_programs_name
                nothing_goes_while_the_clock_is_far_ahead
                log_ins_sweep_away_what_is_over_where_nobody_tidies
                a_clock_that_goes_back_revives_no_session_and_no_reset
                an_accepted_clock_is_written_down
                a_purge_takes_the_name_from_whom_they_acted_upon
            }
            tokens {
                a_token_is_good_through_its_last_instant
                a_token_opens_nothing_while_its_owner_is_kept_out
                a_tokens_name_is_there_once_among_its_owners_unrevoked
                a_token_that_is_over_gives_its_name_up_for_good
                a_clock_that_goes_back_revives_no_token
                only_the_living_get_tokens
                tokens_are_listed_newest_first
                a_revoked_token_is_gone_at_once_and_written_down
                a_token_outlives_new_passwords
                uses_of_tokens_are_noted_and_never_go_back
                tokens_long_over_or_revoked_are_forgotten
                going_takes_what_is_out_in_the_world_as_was_shown
                a_containment_takes_what_the_inactive_have_left_and_nothing_twice
                a_restoration_undone_takes_what_came_between
                a_purge_takes_tokens_along
            }
            factors {
                a_factor_is_kept_as_it_was_given_and_shown_with_the_user
                a_factor_under_another_key_than_all_others_is_not_taken
                a_factor_is_changed_only_as_it_was_looked_at_and_never_a_deleted_persons
                a_factor_that_is_off_leaves_nothing_and_is_off_only_once
                a_step_is_taken_once_and_none_before_it
                a_backup_code_is_used_once_and_by_its_owner
                new_seals_take_the_place_of_all_or_of_none
                what_is_known_of_a_password_is_kept_with_its_hash
            }
        }
    };
    ($engine:ident: $($subject:ident { $($promise:ident)* })*) => {
        mod $engine {
            $($(
                #[test]
                fn $promise() {
                    crate::$subject::$promise(crate::bench::Bench::$engine);
                }
            )*)*
        }
    };
}

engine!(memory);
engine!(file);
