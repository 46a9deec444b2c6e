output "address" {
  description = "Where the site's name must lead: an A record, or a CNAME for a balancer."
  value       = local.clustered ? aws_lb.site[0].dns_name : aws_eip.site[0].public_ip
}

output "machines" {
  description = "Ids for: aws ssm start-session --target ID"
  value       = aws_instance.site[*].id
}

output "backup_bucket" {
  description = "Where the encrypted backups go."
  value       = aws_s3_bucket.site["backups"].id
}
