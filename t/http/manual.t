# What docs/login.md and docs/face-auth.md have a reader type, as it stands
# there, behind the logins of docs/api.md that they build on.

use lib 't/lib';
use Civic::Test;
use Civic::Demo;
use Civic::Manual;

my $demo = Civic::Demo->new(plugins => ['staff']);
my $api = Civic::Manual->new('api.md');
my @pages = (
    [ api => $api->shell('log-in') ],
    [ login => Civic::Manual->new('login.md')->shell ],
    [ staff => $api->shell('staff') ],
    [ face => Civic::Manual->new('face-auth.md')->shell ],
);

$demo->staff(1, 'counter');
my ($status, $all) = $demo->run(join '',
    map { "echo; echo '-- $_->[0]'\n$_->[1]" } @pages);
my %said = $all =~ /^-- (\w+)\n(.*?)(?=^-- |\z)/msg;

is($status, 0, 'it all runs') or diag($all);

like($said{api}, qr/"method":"password"/, 'logged in by account')
    or diag($all);
like($said{api}, qr/"id_number":"6301\*{10}9996"/, 'the profile, masked');
like($said{api}, qr/"code":"session_expired"/, 'and out');

is_deeply([ $said{login} =~ /"state":"(\w+)"/g ], [ 'claimed', 'claimed' ],
    'who comes by Alipay claims a name and a number') or diag($all);
is_deeply([ $said{login} =~ /"name":"(.*?)"/g ], [ ('张*') x 2 ], 'masked');

like($said{staff}, qr/"roles":\["counter"\]/, 'somebody at the counter')
    or diag($all);
like($said{face}, qr/^\{[^\n]*"name":"张伟"[^\n]*"id_number":"6301\*{10}9996"/m,
    'who is told whose code it is') or diag($all);
is_deeply([ $said{face} =~ /"state":"(\w+)"/g ], [ qw(waiting done done) ],
    'and vouches for them') or diag($all);
finish();
