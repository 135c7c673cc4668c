# civicctl before it reads anything: what it is, and a command mistyped.

use lib 't/lib';
use Civic::Test;

my $civicctl = Civic::Nginx::build() . '/civicctl';

# What it prints on both, and its exit code.
sub run {
    my ($arguments, $language) = @_;

    local $ENV{LC_ALL} = $language // 'C';
    my $said = qx($civicctl -c /nowhere $arguments 2>&1);

    my $code = $? >> 8;
    utf8::decode($said);

    return ($said, $code);
}

sub nginx_version {
    my ($version) = qx(/usr/sbin/nginx -v 2>&1) =~ m{nginx/([\d.]+)};

    return $version;
}

my $nginx = quotemeta nginx_version();
my ($said, $code) = run('version');
like($said, qr/\Acivicctl\ \d+\.\d+\.\d+(\ \([0-9a-z-]+\))?\n
               built\ for\ nginx\ $nginx\nplugin\ contract\ 1\.\d+\n\z/x,
    'its version, nginx, the contract');
is($code, 0, 'fine');
is(scalar qx(LC_ALL=C $civicctl --version), $said, 'and by --version');
like((run('version', 'zh_CN.UTF-8'))[0], qr/为 nginx $nginx 构建/,
    'in Chinese');
is((run('version now'))[1], 2, 'which takes no argument');

for my $slip ([ rule => 'rules' ], [ dcotor => 'doctor' ],
              [ keyrings => 'keyring' ], [ plugin => 'plugins' ]) {
    my ($typed, $meant) = @$slip;

    ($said, $code) = run($typed);
    is($code, 2, "$typed is no command");
    like($said, qr/no command "$typed": did you mean "$meant"\?/, $meant);
}

($said, $code) = run('restart');
is($code, 2, 'another word');
like($said, qr/no command "restart"\nusage:.*\n  doctor /s, 'all there are');
like((run('dcotor', 'zh_CN.UTF-8'))[0], qr/是否要用 "doctor"/, 'in Chinese');

done_testing();
