//! What deliveries are about, for messages that show more than words.

use std::collections::HashMap;

use domain::{
    alert::Rule,
    ids::{DeliveryId, WorkloadId},
};

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    Alerts,
};

const DOING: &str = "reading what messages are about";

impl Alerts<'_> {
    /// The workload and the rule of each delivery that has both.
    pub async fn subjects(
        &self,
        deliveries: &[DeliveryId],
    ) -> Result<HashMap<DeliveryId, (WorkloadId, Rule)>, StoreError> {
        let ids: Vec<i64> = deliveries.iter().map(|id| id.0).collect();
        let rows = sqlx::query!(
            r#"SELECT d.id, a.workload_id AS "workload_id!", r.rule FROM delivery d JOIN alert_notice n ON n.id = d.notice_id
               JOIN alert a ON a.id = n.alert_id JOIN alert_rule r ON r.id = a.rule_id
               WHERE d.id = ANY($1) AND a.workload_id IS NOT NULL"#,
            &ids,
        )
        .fetch_all(self.pool)
        .await
        .during(DOING)?;
        rows.into_iter()
            .map(|row| {
                let rule = text::from_json(row.rule, DOING)?;
                Ok((DeliveryId(row.id), (WorkloadId(row.workload_id), rule)))
            })
            .collect()
    }
}
