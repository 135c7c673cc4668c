# "civicctl doctor" on a Cluster whose ACL is of an older version: walking over
# people needs a right that it does not give.

use lib 't/lib';
use Civic::Test;

my $civic = civic(form => 'cluster', plugins => ['hello']);
my $redis = $civic->redis;

sub every_node {
    my (@rule) = @_;

    $redis->command_on($_, qw(ACL SETUSER civic), @rule)
        for 0 .. $redis->nodes - 1;
    return;
}

my (undef, $said) = $civic->nginx->civicctl('doctor');
like($said, qr/ok.*cluster state "ok"/, 'a Cluster');
unlike($said, qr/GETKEYSINSLOT/i, 'whose user may do all that is needed');

every_node('-cluster|getkeysinslot');
my ($failed, $why) = $civic->nginx->civicctl('doctor');
is($failed, 1, 'without the right that is a problem');
like($why, qr/FAIL.*refuses CLUSTER GETKEYSINSLOT: .*NOPERM/s, 'it is named');
like($why, qr/needs \+cluster\|getkeysinslot/, 'with what to do');

every_node('+cluster|getkeysinslot');
(undef, $said) = $civic->nginx->civicctl('doctor');
unlike($said, qr/GETKEYSINSLOT/i, 'and after that all is well');

finish();
